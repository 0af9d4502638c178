#include "client/loadtest/payload/difference.h"

#include <cmath>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "client/loadtest/payload/half_float.h"

namespace sconce::load {
namespace {

constexpr size_t kShownOfText = 40;

template <typename T>
T At(absl::string_view bytes, size_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof value, sizeof value);
  return value;
}

bool IsFloating(DataType type) {
  return type == DataType::kFp16 || type == DataType::kBf16 ||
         type == DataType::kFp32 || type == DataType::kFp64;
}

double FloatingAt(DataType type, absl::string_view bytes, size_t index) {
  switch (type) {
    case DataType::kFp16:
      return FromHalf(At<uint16_t>(bytes, index));
    case DataType::kBf16:
      return FromBfloat16(At<uint16_t>(bytes, index));
    case DataType::kFp32:
      return At<float>(bytes, index);
    default:
      return At<double>(bytes, index);
  }
}

bool Close(double found, double expected, double tolerance) {
  if (found == expected) return true;  // infinite ones, too
  if (std::isnan(expected)) return std::isnan(found);
  if (std::isinf(expected)) return false;
  // False for a NaN.
  return std::abs(found - expected) <= tolerance * (1 + std::abs(expected));
}

std::string TextOf(DataType type, absl::string_view bytes, size_t index) {
  switch (type) {
    case DataType::kBool:
      return At<uint8_t>(bytes, index) != 0 ? "true" : "false";
    case DataType::kUint8:
      return absl::StrCat(At<uint8_t>(bytes, index));
    case DataType::kUint16:
      return absl::StrCat(At<uint16_t>(bytes, index));
    case DataType::kUint32:
      return absl::StrCat(At<uint32_t>(bytes, index));
    case DataType::kUint64:
      return absl::StrCat(At<uint64_t>(bytes, index));
    case DataType::kInt8:
      return absl::StrCat(int{At<int8_t>(bytes, index)});
    case DataType::kInt16:
      return absl::StrCat(At<int16_t>(bytes, index));
    case DataType::kInt32:
      return absl::StrCat(At<int32_t>(bytes, index));
    case DataType::kInt64:
      return absl::StrCat(At<int64_t>(bytes, index));
    default:
      return absl::StrFormat("%.9g", FloatingAt(type, bytes, index));
  }
}

std::string Quoted(absl::string_view text) {
  const bool whole = text.size() <= kShownOfText;
  return absl::StrCat("\"", absl::CHexEscape(text.substr(0, kShownOfText)),
                      whole ? "\"" : "\"…");
}

std::string Sentence(size_t index, size_t elements, absl::string_view expected,
                     absl::string_view found) {
  return absl::StrCat("element ", index, " of ", elements, ": expected ",
                      expected, ", found ", found);
}

std::optional<std::string> FaultOfTexts(const Tensor& expected,
                                        absl::string_view found) {
  const Tensor other{expected.type, expected.shape, std::string(found)};
  const auto right = expected.view().Strings();
  const auto texts = other.view().Strings();
  if (!texts.ok()) return std::string(texts.status().message());
  if (!right.ok() || right->size() != texts->size()) {
    return absl::StrCat("expected ", right.ok() ? right->size() : 0,
                        " elements, found ", texts->size());
  }
  for (size_t i = 0; i < right->size(); ++i) {
    if ((*right)[i] == (*texts)[i]) continue;
    return Sentence(i, right->size(), Quoted((*right)[i]), Quoted((*texts)[i]));
  }
  return std::nullopt;
}

bool Same(DataType type, absl::string_view found, absl::string_view expected,
          size_t index, double tolerance) {
  if (IsFloating(type)) {
    return Close(FloatingAt(type, found, index),
                 FloatingAt(type, expected, index), tolerance);
  }
  const size_t size = ElementSize(type);
  return found.substr(index * size, size) ==
         expected.substr(index * size, size);
}

}  // namespace

std::optional<std::string> FaultOfValues(const Tensor& expected,
                                         absl::string_view found,
                                         double tolerance) {
  if (expected.type == DataType::kBytes) return FaultOfTexts(expected, found);
  if (found.size() != expected.bytes.size()) {
    return absl::StrCat("expected ", expected.bytes.size(), " bytes, found ",
                        found.size());
  }
  const size_t elements = found.size() / ElementSize(expected.type);
  for (size_t i = 0; i < elements; ++i) {
    if (Same(expected.type, found, expected.bytes, i, tolerance)) continue;
    return Sentence(i, elements, TextOf(expected.type, expected.bytes, i),
                    TextOf(expected.type, found, i));
  }
  return std::nullopt;
}

}  // namespace sconce::load
