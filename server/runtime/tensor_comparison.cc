#include "server/runtime/tensor_comparison.h"

#include <ATen/Functions.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/from_blob.h>

#include <cmath>

#include "server/runtime/tensor_codec.h"

namespace sconce {
namespace {

constexpr double kTolerance = 1e-4;
constexpr double kHalfTolerance = 1e-2;

bool IsHalf(c10::ScalarType type) {
  return type == c10::ScalarType::Half || type == c10::ScalarType::BFloat16;
}

// The largest finite size of a value.
double ScaleOf(const at::Tensor& values) {
  const at::Tensor finite = values.masked_select(at::isfinite(values));
  return finite.numel() == 0 ? 0.0 : finite.abs().max().item<double>();
}

}  // namespace

at::Tensor ViewOf(const void* bytes, DataType type, const Shape& shape) {
  return at::from_blob(const_cast<void*>(bytes),
                       c10::IntArrayRef(shape.data(), shape.size()),
                       at::TensorOptions(*ToScalarType(type)));
}

bool EqualButForRounding(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes() || a.scalar_type() != b.scalar_type()) {
    return false;
  }
  if (!c10::isFloatingType(a.scalar_type())) return at::equal(a, b);
  const double tolerance =
      IsHalf(a.scalar_type()) ? kHalfTolerance : kTolerance;
  const at::Tensor reference = a.to(at::kDouble);
  return at::allclose(reference, b.to(at::kDouble), tolerance,
                      tolerance * ScaleOf(reference), /*equal_nan=*/true);
}

}  // namespace sconce
