#include "sconce/tensor_view.h"

#include <cstring>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sconce {
inline namespace client {
namespace {

constexpr size_t kLengthSize = sizeof(uint32_t);

// Nothing when a size is negative or the product does not fit.
std::optional<int64_t> ElementCount(absl::Span<const int64_t> shape) {
  int64_t count = 1;
  for (const int64_t size : shape) {
    if (size < 0 || __builtin_mul_overflow(count, size, &count)) {
      return std::nullopt;
    }
  }
  return count;
}

absl::Status WrongSize(const TensorView& tensor, absl::string_view wanted) {
  return absl::InvalidArgumentError(absl::StrCat(
      DataTypeName(tensor.type()), ShapeToString(tensor.shape()), " has ",
      tensor.bytes().size(), " bytes, expected ", wanted));
}

absl::Status ValidateStrings(const TensorView& tensor, int64_t count) {
  const auto strings = tensor.Strings();
  if (!strings.ok()) return strings.status();
  if (static_cast<int64_t>(strings->size()) == count) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("BYTES", ShapeToString(tensor.shape()), " has ",
                   strings->size(), " strings, expected ", count));
}

}  // namespace

std::string ShapeToString(absl::Span<const int64_t> shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ","), "]");
}

std::string EncodeStrings(absl::Span<const absl::string_view> values) {
  size_t size = 0;
  for (const absl::string_view value : values) {
    size += kLengthSize + value.size();
  }
  std::string bytes;
  bytes.reserve(size);
  for (const absl::string_view value : values) {
    const auto length = static_cast<uint32_t>(value.size());
    bytes.append(reinterpret_cast<const char*>(&length), kLengthSize);
    bytes.append(value.data(), value.size());
  }
  return bytes;
}

absl::StatusOr<std::vector<absl::string_view>> TensorView::Strings() const {
  if (type_ != DataType::kBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the tensor is ", DataTypeName(type_), ", Strings() wants BYTES"));
  }
  std::vector<absl::string_view> strings;
  absl::string_view rest(reinterpret_cast<const char*>(bytes_.data()),
                         bytes_.size());
  while (!rest.empty()) {
    uint32_t length = 0;
    if (rest.size() >= kLengthSize) {
      std::memcpy(&length, rest.data(), kLengthSize);
      rest.remove_prefix(kLengthSize);
    } else {
      length = std::numeric_limits<uint32_t>::max();
    }
    if (length > rest.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the BYTES tensor is cut off in its string number ",
                       strings.size() + 1));
    }
    strings.push_back(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  return strings;
}

absl::Status TensorView::Validate() const {
  const auto count = ElementCount(shape_);
  if (!count) {
    return absl::InvalidArgumentError(absl::StrCat(
        "shape ", ShapeToString(shape_), " has a size below 0 or too large"));
  }
  if (type_ == DataType::kBytes) return ValidateStrings(*this, *count);
  int64_t bytes = 0;
  if (__builtin_mul_overflow(*count, static_cast<int64_t>(ElementSize(type_)),
                             &bytes) ||
      bytes != static_cast<int64_t>(bytes_.size())) {
    return WrongSize(*this, absl::StrCat(bytes));
  }
  return absl::OkStatus();
}

absl::Status TensorView::CheckFits(DataType wanted, size_t size,
                                   size_t alignment) const {
  if (type_ != wanted) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the tensor is ", DataTypeName(type_), ", not ", DataTypeName(wanted)));
  }
  if (bytes_.size() % size != 0) {
    return WrongSize(*this, absl::StrCat("a multiple of ", size));
  }
  if (reinterpret_cast<uintptr_t>(bytes_.data()) % alignment != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("the tensor's bytes are not aligned to ", alignment,
                     "; copy them first"));
  }
  return absl::OkStatus();
}

}  // namespace client
}  // namespace sconce
