#include "server/tensor/strings.h"

#include <cstring>

#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

constexpr size_t kLengthBytes = sizeof(uint32_t);

// Takes the next element off `rest`; false when it is cut short.
bool Next(absl::string_view* rest, absl::string_view* element) {
  if (rest->size() < kLengthBytes) return false;
  uint32_t length = 0;
  std::memcpy(&length, rest->data(), kLengthBytes);
  rest->remove_prefix(kLengthBytes);
  if (rest->size() < length) return false;
  *element = rest->substr(0, length);
  rest->remove_prefix(length);
  return true;
}

// How many bytes follow `lead` in a character, and the smallest code point
// that needs so many; -1 when no character begins with it.
int FollowingBytes(uint8_t lead, uint32_t* bits, uint32_t* smallest) {
  if (lead < 0x80) return *bits = lead, *smallest = 0, 0;
  if (lead >> 5 == 0x06) return *bits = lead & 0x1f, *smallest = 0x80, 1;
  if (lead >> 4 == 0x0e) return *bits = lead & 0x0f, *smallest = 0x800, 2;
  if (lead >> 3 == 0x1e) return *bits = lead & 0x07, *smallest = 0x10000, 3;
  return -1;
}

}  // namespace

// RFC 3629: shortest form, no surrogates, up to U+10FFFF.
bool IsUtf8(absl::string_view text) {
  for (size_t i = 0; i < text.size();) {
    uint32_t code = 0;
    uint32_t smallest = 0;
    int following =
        FollowingBytes(static_cast<uint8_t>(text[i++]), &code, &smallest);
    if (following < 0) return false;
    for (; following > 0; --following, ++i) {
      if (i == text.size()) return false;
      const auto byte = static_cast<uint8_t>(text[i]);
      if (byte >> 6 != 0x02) return false;
      code = code << 6 | (byte & 0x3f);
    }
    if (code < smallest || code > 0x10ffff || code >> 11 == 0x1b) return false;
  }
  return true;
}

absl::Status ValidateStrings(const ByteChunks& bytes, int64_t count) {
  if (count > kMostStrings) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the shape has ", count, " strings, expected at most ", kMostStrings));
  }
  const std::string joined = bytes.Join();
  absl::string_view rest = joined;
  for (int64_t i = 0; i < count; ++i) {
    absl::string_view element;
    if (!Next(&rest, &element)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "string ", i, " of ", count,
          " is cut short; expected a 4-byte length and as many bytes"));
    }
    if (!IsUtf8(element)) {
      return absl::InvalidArgumentError(
          absl::StrCat("string ", i, " of ", count, " is no valid UTF-8"));
    }
  }
  if (rest.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(rest.size(), " bytes follow the ", count,
                   " strings that the shape has; expected none"));
}

std::vector<std::string> ReadStrings(const ByteChunks& bytes) {
  const std::string joined = bytes.Join();
  absl::string_view rest = joined;
  absl::string_view element;
  std::vector<std::string> strings;
  while (Next(&rest, &element)) strings.emplace_back(element);
  return strings;
}

size_t OffsetOfString(absl::Span<const uint8_t> bytes, int64_t index) {
  size_t offset = 0;
  for (; index > 0; --index) {
    uint32_t length = 0;
    std::memcpy(&length, bytes.data() + offset, kLengthBytes);
    offset += kLengthBytes + length;
  }
  return offset;
}

void AppendString(absl::string_view text, std::vector<uint8_t>* bytes) {
  const auto length = static_cast<uint32_t>(text.size());
  uint8_t head[kLengthBytes];
  std::memcpy(head, &length, kLengthBytes);
  bytes->insert(bytes->end(), head, head + kLengthBytes);
  bytes->insert(bytes->end(), text.begin(), text.end());
}

}  // namespace sconce
