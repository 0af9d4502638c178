#include "client/loadtest/payload/npy_text.h"

#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace sconce::load {
namespace {

constexpr uint32_t kLastCodePoint = 0x10ffff;

bool IsSurrogate(uint32_t point) { return point >= 0xd800 && point < 0xe000; }

void AppendUtf8(uint32_t point, std::string* text) {
  if (point < 0x80) {
    text->push_back(static_cast<char>(point));
    return;
  }
  const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  const uint32_t lead = (0xff00U >> (more + 1)) & 0xff;  // ones, then 0
  text->push_back(static_cast<char>(lead | point >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) {
    text->push_back(static_cast<char>(0x80 | ((point >> (6 * i)) & 0x3f)));
  }
}

absl::StatusOr<std::string> Utf8Of(absl::string_view item) {
  std::string text;
  std::string zeros;  // only those at the end do not count
  for (size_t at = 0; at < item.size(); at += kCodePointSize) {
    uint32_t point;
    std::memcpy(&point, item.data() + at, sizeof point);
    if (point > kLastCodePoint || IsSurrogate(point)) {
      return absl::InvalidArgumentError(
          absl::StrCat("one of its texts has the number ", point,
                       ", which is no character"));
    }
    if (point == 0) {
      zeros.push_back('\0');
      continue;
    }
    text.append(zeros);
    zeros.clear();
    AppendUtf8(point, &text);
  }
  return text;
}

absl::string_view WithoutPadding(absl::string_view item) {
  // Not found is -1, so that nothing is left.
  return item.substr(0, item.find_last_not_of('\0') + 1);
}

}  // namespace

absl::StatusOr<std::string> TextsToWire(absl::string_view items,
                                        size_t item_size, bool unicode) {
  std::string wire;
  for (size_t at = 0; at < items.size(); at += item_size) {
    const absl::string_view item = items.substr(at, item_size);
    const auto text =
        unicode ? Utf8Of(item) : std::string(WithoutPadding(item));
    if (!text.ok()) return text.status();
    const auto length = static_cast<uint32_t>(text->size());
    wire.append(reinterpret_cast<const char*>(&length), sizeof length);
    wire.append(*text);
  }
  return wire;
}

}  // namespace sconce::load
