#include "server/tensor/learned_signature.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

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

void Learn(const ObservedTensor& seen, bool batched, bool open,
           TensorSpec* spec) {
  if (!spec->type) spec->type = seen.type;
  if (!spec->shape && open) spec->shape = Shape(seen.shape.size(), kAnySize);
  const Shape shape = Generalize(seen.shape, batched);
  if (!spec->shape) {
    spec->shape = shape;
  } else if (spec->shape_origin == FactOrigin::kObserved) {
    if (auto covering = Cover(*spec->shape, shape)) spec->shape = covering;
  }
}

// A dict's keys may depend on the request: no more names than this are learned.
constexpr size_t kMostOutputs = 256;

// The first spec called `name`, or the end.
template <typename Specs>
auto FindSpec(Specs& specs, absl::string_view name) {
  return std::find_if(specs.begin(), specs.end(), [&](const TensorSpec& spec) {
    return spec.name == name;
  });
}

// Elements of lists and dicts of tensors may differ in type and shape.
bool IsDescribed(const TensorSpec& spec) { return !IsOpen(spec.kind); }

bool CoversInputs(const ModelSignature& signature,
                  absl::Span<const ObservedTensor> inputs) {
  const bool batched = signature.max_batch_size > 0;
  return std::all_of(inputs.begin(), inputs.end(),
                     [&](const ObservedTensor& seen) {
                       const TensorSpec& spec = signature.inputs[seen.spec];
                       return !IsDescribed(spec) || Covers(spec, seen, batched);
                     });
}

bool CoversOutputs(const ModelSignature& signature,
                   absl::Span<const ObservedTensor> outputs) {
  const bool batched = signature.max_batch_size > 0;
  return std::all_of(outputs.begin(), outputs.end(),
                     [&](const ObservedTensor& seen) {
                       const auto spec = FindSpec(signature.outputs, seen.name);
                       if (spec != signature.outputs.end()) {
                         return Covers(*spec, seen, batched);
                       }
                       return signature.outputs.size() >= kMostOutputs;
                     });
}

}  // namespace

LearnedSignature::LearnedSignature(ModelSignature initial)
    : signature_(std::make_shared<const ModelSignature>(std::move(initial))) {}

std::shared_ptr<const ModelSignature> LearnedSignature::Get() const {
  MutexLock lock(&mu_);
  return signature_;
}

void LearnedSignature::Open() {
  MutexLock lock(&mu_);
  open_ = true;
}

void LearnedSignature::SetAnyRows() {
  MutexLock lock(&mu_);
  ModelSignature next = *signature_;
  for (auto* const specs : {&next.inputs, &next.outputs}) {
    for (TensorSpec& spec : *specs) {
      const bool may = IsTensor(spec.kind) && spec.shape &&
                       spec.shape_origin == FactOrigin::kObserved;
      if (may && !spec.shape->empty()) (*spec.shape)[0] = kAnySize;
    }
  }
  signature_ = std::make_shared<const ModelSignature>(std::move(next));
}

void LearnedSignature::Observe(absl::Span<const ObservedTensor> inputs,
                               absl::Span<const ObservedTensor> outputs) {
  MutexLock lock(&mu_);
  if (CoversInputs(*signature_, inputs) &&
      CoversOutputs(*signature_, outputs)) {
    return;
  }
  ModelSignature next = *signature_;
  const bool batched = next.max_batch_size > 0;
  for (const ObservedTensor& seen : inputs) {
    TensorSpec& spec = next.inputs[seen.spec];
    if (IsDescribed(spec)) {
      Learn(seen, batched && IsTensor(spec.kind), open_, &spec);
    }
  }
  for (const ObservedTensor& seen : outputs) {
    auto spec = FindSpec(next.outputs, seen.name);
    if (spec == next.outputs.end()) {
      if (next.outputs.size() >= kMostOutputs) continue;
      spec = next.outputs.insert(spec, {.name = std::string(seen.name)});
    }
    Learn(seen, batched, open_, &*spec);
  }
  signature_ = std::make_shared<const ModelSignature>(std::move(next));
}

}  // namespace sconce
