// Makes a dimension of an input longer, and one of an output shorter again.
#ifndef SERVER_TENSOR_PAD_DIMENSION_H_
#define SERVER_TENSOR_PAD_DIMENSION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/tensor/tensor.h"

namespace sconce {

// The bytes of `count` elements that are `value`; nothing when the type cannot
// hold it: a fraction, too large, or for FP16 and BF16 anything but 0.
std::optional<std::vector<uint8_t>> RepeatValue(DataType type, double value,
                                                size_t count);

// How many elements `input` lacks at each place where it is padded to `size`.
size_t ElementsToAdd(const InputTensor& input, size_t dimension, int64_t size);

// Gives `dimension` the size `size`, without a copy: between the pieces of the
// input's bytes lies `padding`, which is borrowed like them. REQUIRES: its size
// is that of ElementsToAdd() elements, which are of fixed size.
void PadDimension(size_t dimension, int64_t size,
                  absl::Span<const uint8_t> padding, InputTensor* input);

// The first `size` of `dimension`; copies them unless they lie in one piece.
// REQUIRES: there are as many, of fixed size.
OutputTensor CutDimension(const OutputTensor& output, size_t dimension,
                          int64_t size);

}  // namespace sconce

#endif  // SERVER_TENSOR_PAD_DIMENSION_H_
