#include "server/tensor/shape.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sconce {

std::string ShapeToString(absl::Span<const int64_t> shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ","), "]");
}

std::optional<int64_t> ElementCount(absl::Span<const int64_t> shape) {
  // A zero anywhere makes the count zero, but a size that overflows beside it
  // would still overflow the strides that are computed later: refuse both.
  int64_t count = 1;
  bool empty = false;
  for (int64_t size : shape) {
    if (size < 0) return std::nullopt;
    if (size == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(count, size, &count)) {
      return std::nullopt;
    }
  }
  return empty ? 0 : count;
}

std::optional<int64_t> ByteCount(DataType type,
                                 absl::Span<const int64_t> shape) {
  const std::optional<int64_t> count = ElementCount(shape);
  int64_t bytes = 0;
  if (!count || __builtin_mul_overflow(
                    *count, static_cast<int64_t>(ElementSize(type)), &bytes)) {
    return std::nullopt;
  }
  return bytes;
}

bool ShapeMatches(absl::Span<const int64_t> shape,
                  absl::Span<const int64_t> pattern) {
  if (shape.size() != pattern.size()) return false;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (pattern[i] != kAnySize && pattern[i] != shape[i]) return false;
  }
  return true;
}

std::optional<Shape> FillShape(absl::Span<const int64_t> pattern,
                               int64_t elements) {
  Shape shape(pattern.begin(), pattern.end());
  int64_t* unknown = nullptr;
  for (int64_t& size : shape) {
    if (size != kAnySize) continue;
    if (unknown != nullptr) return std::nullopt;
    unknown = &size;
    size = 1;
  }
  const std::optional<int64_t> known = ElementCount(shape);
  if (!known) return std::nullopt;
  if (unknown == nullptr) {
    return *known == elements ? std::optional(shape) : std::nullopt;
  }
  if (*known == 0 || elements % *known != 0) return std::nullopt;
  *unknown = elements / *known;
  return shape;
}

}  // namespace sconce
