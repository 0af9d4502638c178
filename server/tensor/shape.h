// Shape: the sizes of a tensor's dimensions, outermost first.
#ifndef SERVER_TENSOR_SHAPE_H_
#define SERVER_TENSOR_SHAPE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"

#include "server/tensor/data_type.h"

namespace sconce {

// In a tensor every size is >= 0. In a signature -1 stands for any size.
using Shape = absl::InlinedVector<int64_t, 6>;

inline constexpr int64_t kAnySize = -1;

// "[1,3,224,224]"; "[]" for a scalar.
std::string ShapeToString(absl::Span<const int64_t> shape);

// The number of elements; nothing when a size is negative or the product does
// not fit int64.
std::optional<int64_t> ElementCount(absl::Span<const int64_t> shape);

// The bytes of a tensor of fixed-size elements; nothing as for ElementCount.
// REQUIRES: type != DataType::kBytes.
std::optional<int64_t> ByteCount(DataType type,
                                 absl::Span<const int64_t> shape);

// Whether `shape` has the rank and the known sizes of `pattern`.
bool ShapeMatches(absl::Span<const int64_t> shape,
                  absl::Span<const int64_t> pattern);

// The shape of `elements` elements that matches `pattern`; nothing when there
// is none, or more than one.
std::optional<Shape> FillShape(absl::Span<const int64_t> pattern,
                               int64_t elements);

}  // namespace sconce

#endif  // SERVER_TENSOR_SHAPE_H_
