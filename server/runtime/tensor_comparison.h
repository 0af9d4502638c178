// Looking at answers as tensors: whether two are the same but for rounding.
#ifndef SERVER_RUNTIME_TENSOR_COMPARISON_H_
#define SERVER_RUNTIME_TENSOR_COMPARISON_H_

#include <ATen/core/Tensor.h>

#include "server/tensor/data_type.h"
#include "server/tensor/shape.h"

namespace sconce {

// A tensor over memory that outlives it. REQUIRES: ToScalarType(type).
at::Tensor ViewOf(const void* bytes, DataType type, const Shape& shape);

// What another order of the same operations may change, of the value and of the
// largest one: in FP32, and in types that have 8 to 11 bits.
inline constexpr double kFullRounding = 1e-4;
inline constexpr double kHalfRounding = 1e-2;

// Whether shapes and types are equal, and values up to `rounding` of the value
// and of the largest value of `a`; at least up to kHalfRounding for tensors of
// half-precision types, and up to nothing for integers and bools. NaN equals
// NaN. Throws as LibTorch does.
bool EqualButForRounding(const at::Tensor& a, const at::Tensor& b,
                         double rounding = kFullRounding);

// How far one tensor is from another one.
struct Deviation {
  double absolute = 0;  // the largest difference of two values
  double relative = 0;  // that, in parts of the largest finite expected value

  void Add(const Deviation& other);
};

// Values that are equal, or both NaN, do not differ. Throws as LibTorch does.
// REQUIRES: the shapes are equal, and the types are real.
Deviation DeviationOf(const at::Tensor& actual, const at::Tensor& expected);

// The largest finite size of a value; 0 if there is none.
double LargestValue(const at::Tensor& values);

}  // namespace sconce

#endif  // SERVER_RUNTIME_TENSOR_COMPARISON_H_
