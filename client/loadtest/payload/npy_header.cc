#include "client/loadtest/payload/npy_header.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sconce::load {
namespace {

constexpr absl::string_view kMagic = "\x93NUMPY";
constexpr size_t kMostDimensions = 64;  // numpy's own limit

absl::Status Damaged(absl::string_view fault) {
  return absl::InvalidArgumentError(absl::StrCat("it is damaged: ", fault));
}

// Little-endian.
size_t NumberAt(absl::string_view bytes, size_t at, size_t size) {
  size_t number = 0;
  for (size_t i = 0; i < size; ++i) {
    number |= static_cast<size_t>(static_cast<uint8_t>(bytes[at + i]))
              << (8 * i);
  }
  return number;
}

// Reads the literal of a Python dict that numpy writes, and no other Python.
class Literal {
 public:
  explicit Literal(absl::string_view text) : rest_(text) {}

  // Takes `c` where it comes next.
  bool Take(char c) {
    SkipSpace();
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool TakeWord(absl::string_view word) {
    SkipSpace();
    if (!absl::StartsWith(rest_, word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool TakeString(std::string* value) {
    SkipSpace();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return false;
    const size_t end = rest_.find(rest_[0], 1);
    if (end == absl::string_view::npos) return false;
    *value = std::string(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool TakeSize(int64_t* value) {
    SkipSpace();
    const size_t end =
        std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    if (!absl::SimpleAtoi(rest_.substr(0, end), value)) return false;
    rest_.remove_prefix(end);
    TakeWord("L");  // as Python 2 wrote it
    return true;
  }

 private:
  void SkipSpace() {
    rest_.remove_prefix(
        std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }

  absl::string_view rest_;
};

bool TakeShape(Literal* text, Shape* shape) {
  if (!text->Take('(')) return false;
  while (!text->Take(')')) {
    int64_t size = 0;
    if (shape->size() == kMostDimensions || !text->TakeSize(&size)) {
      return false;
    }
    shape->push_back(size);
    if (!text->Take(',')) return text->Take(')');
  }
  return true;
}

absl::Status TakeValue(const std::string& key, Literal* text,
                       NpyHeader* header) {
  if (key == "descr") {
    if (text->TakeString(&header->descr)) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "it is an array of records; save each field on its own");
  }
  if (key == "fortran_order") {
    header->by_column = text->TakeWord("True");
    if (header->by_column || text->TakeWord("False")) return absl::OkStatus();
  }
  if (key == "shape" && TakeShape(text, &header->shape)) {
    return absl::OkStatus();
  }
  return Damaged(absl::StrCat("its header has no ", key, " that numpy writes"));
}

absl::Status TakeAll(Literal* text, NpyHeader* header) {
  std::set<std::string> keys;
  if (!text->Take('{')) return Damaged("its header is no dict");
  while (!text->Take('}')) {
    std::string key;
    if (!text->TakeString(&key) || !text->Take(':') ||
        !keys.insert(key).second) {
      return Damaged("its header is no dict");
    }
    const absl::Status taken = TakeValue(key, text, header);
    if (!taken.ok()) return taken;
    text->Take(',');
  }
  if (keys.size() == 3) return absl::OkStatus();
  return Damaged("its header lacks descr, fortran_order or shape");
}

}  // namespace

absl::StatusOr<NpyHeader> ReadNpyHeader(absl::string_view file) {
  constexpr size_t kVersionAt = 6;
  constexpr size_t kLengthAt = 8;
  if (!absl::StartsWith(file, kMagic)) {
    return absl::InvalidArgumentError(
        "it is no .npy file; numpy.save() writes one");
  }
  if (file.size() <= kLengthAt + 4) return Damaged("it ends in its header");
  const int version = static_cast<uint8_t>(file[kVersionAt]);
  if (version < 1 || version > 3) {
    return absl::InvalidArgumentError(
        absl::StrCat("it is of format ", version, "; expected 1, 2 or 3"));
  }
  const size_t length_size = version == 1 ? 2 : 4;
  const size_t length = NumberAt(file, kLengthAt, length_size);
  const size_t text_at = kLengthAt + length_size;
  if (length > file.size() - text_at) return Damaged("it ends in its header");
  NpyHeader header;
  header.data_offset = text_at + length;
  Literal text(file.substr(text_at, length));
  const absl::Status taken = TakeAll(&text, &header);
  if (!taken.ok()) return taken;
  return header;
}

}  // namespace sconce::load
