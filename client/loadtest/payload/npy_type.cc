#include "client/loadtest/payload/npy_type.h"

#include <array>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sconce::load {
namespace {

struct TypeRow {
  absl::string_view code;
  DataType type;
};

constexpr std::array<TypeRow, 13> kTypes = {{
    {"b1", DataType::kBool},
    {"u1", DataType::kUint8},
    {"u2", DataType::kUint16},
    {"u4", DataType::kUint32},
    {"u8", DataType::kUint64},
    {"i1", DataType::kInt8},
    {"i2", DataType::kInt16},
    {"i4", DataType::kInt32},
    {"i8", DataType::kInt64},
    {"f2", DataType::kFp16},
    {"f4", DataType::kFp32},
    {"f8", DataType::kFp64},
    {"V2", DataType::kBf16},  // how numpy saves the bfloat16 of ml_dtypes
}};

// "S" and "U", with their widths.
absl::StatusOr<NpyType> ParseText(absl::string_view code, bool big_endian) {
  constexpr uint32_t kWidest = 1 << 28;
  uint32_t width = 0;
  if (!absl::SimpleAtoi(code.substr(1), &width) || width == 0 ||
      width > kWidest) {
    return absl::InvalidArgumentError(
        absl::StrCat("its texts are ", code, ", which have no usable width"));
  }
  if (code[0] == 'S') {
    return NpyType{DataType::kBytes, NpyType::Text::kBytes, width, false};
  }
  return NpyType{DataType::kBytes, NpyType::Text::kUnicode, 4 * size_t{width},
                 big_endian};
}

absl::string_view NextStep(char kind) {
  switch (kind) {
    case 'O':
      return "it holds Python objects, which are not read since unpickling "
             "runs code; save numbers or, for texts, astype(\"U\")";
    case 'c':
      return "complex numbers are no type of the protocol; send their parts";
    case 'M':
    case 'm':
      return "times are no type of the protocol; save astype(\"int64\")";
    default:
      return "the protocol has no such type; save it by astype() as another";
  }
}

}  // namespace

absl::StatusOr<NpyType> ParseNpyType(absl::string_view descr) {
  absl::string_view code = descr;
  bool big_endian = false;
  if (!code.empty() &&
      absl::string_view("<>|=").find(code[0]) != absl::string_view::npos) {
    big_endian = code[0] == '>';
    code.remove_prefix(1);
  }
  if (!code.empty() && (code[0] == 'S' || code[0] == 'U')) {
    return ParseText(code, big_endian);
  }
  for (const TypeRow& row : kTypes) {
    if (row.code != code) continue;
    return NpyType{row.type, NpyType::Text::kNone, ElementSize(row.type),
                   big_endian};
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "its type is '", descr, "': ", NextStep(code.empty() ? ' ' : code[0])));
}

}  // namespace sconce::load
