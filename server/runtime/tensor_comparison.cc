#include "server/runtime/tensor_comparison.h"

#include <ATen/Functions.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cmath>

#include "server/runtime/tensor_codec.h"

namespace sconce {
namespace {

bool IsHalf(c10::ScalarType type) {
  return type == c10::ScalarType::Half || type == c10::ScalarType::BFloat16;
}

}  // namespace

at::Tensor ViewOf(const void* bytes, DataType type, const Shape& shape) {
  return at::from_blob(const_cast<void*>(bytes),
                       c10::IntArrayRef(shape.data(), shape.size()),
                       at::TensorOptions(*ToScalarType(type)));
}

double LargestValue(const at::Tensor& values) {
  const at::Tensor finite = values.masked_select(at::isfinite(values));
  return finite.numel() == 0
             ? 0.0
             : finite.abs().max().to(at::kDouble).item<double>();
}

void Deviation::Add(const Deviation& other) {
  absolute = std::max(absolute, other.absolute);
  relative = std::max(relative, other.relative);
}

Deviation DeviationOf(const at::Tensor& actual, const at::Tensor& expected) {
  const at::Tensor a = actual.to(at::kDouble);
  const at::Tensor e = expected.to(at::kDouble);
  const at::Tensor differ =
      a.ne(e).logical_and(a.isnan().logical_and(e.isnan()).logical_not());
  const at::Tensor differences = a.sub(e).abs().masked_select(differ);
  if (differences.numel() == 0) return {};
  // An infinity or NaN against a number is as far off as can be.
  const double most =
      at::nan_to_num(differences, HUGE_VAL, HUGE_VAL).max().item<double>();
  const double largest = LargestValue(e);
  return {most, largest > 0 ? most / largest : most};
}

bool EqualButForRounding(const at::Tensor& a, const at::Tensor& b,
                         double rounding) {
  if (a.sizes() != b.sizes() || a.scalar_type() != b.scalar_type()) {
    return false;
  }
  if (!c10::isFloatingType(a.scalar_type())) return at::equal(a, b);
  const double tolerance =
      IsHalf(a.scalar_type()) ? std::max(rounding, kHalfRounding) : rounding;
  const at::Tensor reference = a.to(at::kDouble);
  return at::allclose(reference, b.to(at::kDouble), tolerance,
                      tolerance * LargestValue(reference), /*equal_nan=*/true);
}

}  // namespace sconce
