// Looking at answers as tensors: whether two are the same but for rounding.
#ifndef SERVER_RUNTIME_TENSOR_COMPARISON_H_
#define SERVER_RUNTIME_TENSOR_COMPARISON_H_

#include <ATen/core/Tensor.h>

#include "server/tensor/data_type.h"
#include "server/tensor/shape.h"

namespace sconce {

// A tensor over memory that outlives it. REQUIRES: ToScalarType(type).
at::Tensor ViewOf(const void* bytes, DataType type, const Shape& shape);

// Whether shapes and types are equal, and values up to what another order of
// the same operations may change. Of integers and bools that is nothing. Else
// 1e-4 of the value, and 1e-4 of the largest value of `a` (1e-2 for
// half-precision types, which have 8 to 11 bits). NaN equals NaN. Throws as
// LibTorch does.
bool EqualButForRounding(const at::Tensor& a, const at::Tensor& b);

}  // namespace sconce

#endif  // SERVER_RUNTIME_TENSOR_COMPARISON_H_
