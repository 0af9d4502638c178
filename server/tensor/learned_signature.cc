#include "server/tensor/learned_signature.h"

#include <string>
#include <utility>

namespace sconce {
namespace {

Shape Generalize(absl::Span<const int64_t> shape, bool batched) {
  Shape result(shape.begin(), shape.end());
  if (batched && !result.empty()) result[0] = kAnySize;
  return result;
}

// The shape that covers both; nothing when the ranks differ.
std::optional<Shape> Cover(const Shape& known, const Shape& seen) {
  if (known.size() != seen.size()) return std::nullopt;
  Shape result = known;
  for (size_t i = 0; i < seen.size(); ++i) {
    if (result[i] != seen[i]) result[i] = kAnySize;
  }
  return result;
}

// Whether `spec` already says all that `seen` could tell.
bool Covers(const TensorSpec& spec, const ObservedTensor& seen, bool batched) {
  if (!spec.type || !spec.shape) return false;
  if (spec.shape_origin == FactOrigin::kDeclared) return true;
  if (spec.shape->size() != seen.shape.size()) return true;
  for (size_t i = batched ? 1 : 0; i < seen.shape.size(); ++i) {
    if ((*spec.shape)[i] != kAnySize && (*spec.shape)[i] != seen.shape[i]) {
      return false;
    }
  }
  return true;
}

void Learn(const ObservedTensor& seen, bool batched, TensorSpec* spec) {
  if (!spec->type) spec->type = seen.type;
  const Shape shape = Generalize(seen.shape, batched);
  if (!spec->shape) {
    spec->shape = shape;
  } else if (spec->shape_origin == FactOrigin::kObserved) {
    if (auto covering = Cover(*spec->shape, shape)) spec->shape = covering;
  }
}

bool CoversAll(absl::Span<const TensorSpec> specs,
               absl::Span<const ObservedTensor> seen, bool batched) {
  if (specs.size() < seen.size()) return false;
  for (size_t i = 0; i < seen.size(); ++i) {
    if (!Covers(specs[i], seen[i], batched)) return false;
  }
  return true;
}

}  // namespace

LearnedSignature::LearnedSignature(ModelSignature initial)
    : signature_(std::make_shared<const ModelSignature>(std::move(initial))) {}

std::shared_ptr<const ModelSignature> LearnedSignature::Get() const {
  MutexLock lock(&mu_);
  return signature_;
}

void LearnedSignature::Observe(absl::Span<const ObservedTensor> inputs,
                               absl::Span<const ObservedTensor> outputs) {
  MutexLock lock(&mu_);
  const bool batched = signature_->max_batch_size > 0;
  if (CoversAll(signature_->inputs, inputs, batched) &&
      CoversAll(signature_->outputs, outputs, batched)) {
    return;
  }
  ModelSignature next = *signature_;
  for (size_t i = 0; i < inputs.size() && i < next.inputs.size(); ++i) {
    Learn(inputs[i], batched, &next.inputs[i]);
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (i == next.outputs.size()) {
      next.outputs.push_back({.name = std::string(outputs[i].name)});
    }
    Learn(outputs[i], batched, &next.outputs[i]);
  }
  signature_ = std::make_shared<const ModelSignature>(std::move(next));
}

}  // namespace sconce
