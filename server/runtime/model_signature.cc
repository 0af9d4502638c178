#include "server/runtime/model_signature.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "server/base/status_macros.h"
#include "server/runtime/name_binding.h"

namespace sconce {
namespace {

std::vector<std::string> SpecNames(const std::vector<TensorSpec>& specs) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : specs) names.push_back(spec.name);
  return names;
}

// A trace is proven for the types it was made with, and the sizes of its
// examples are often not the only ones it takes.
void AddTracedFacts(const std::vector<TracedInput>& traced, bool batched,
                    std::vector<TensorSpec>* inputs) {
  // Examples that are no tensors leave open which is whose.
  if (!std::all_of(inputs->begin(), inputs->end(), [](const TensorSpec& spec) {
        return spec.kind == ValueKind::kTensor;
      })) {
    return;
  }
  for (size_t i = 0; i < traced.size() && i < inputs->size(); ++i) {
    TensorSpec& spec = (*inputs)[i];
    spec.type = traced[i].type;
    spec.type_origin = FactOrigin::kDeclared;
    spec.shape = traced[i].shape;
    if (batched && !spec.shape->empty()) (*spec.shape)[0] = kAnySize;
  }
}

absl::Status ApplyConfig(const std::vector<TensorSpec>& declared,
                         std::vector<TensorSpec>* inputs) {
  if (declared.empty()) return absl::OkStatus();
  const std::vector<std::string> names = SpecNames(declared);
  const std::vector<std::string> actual = SpecNames(*inputs);
  const auto indices = BindNames(names, actual);
  if (!indices) {
    return absl::InvalidArgumentError(absl::StrCat(
        "config.pbtxt declares the inputs [", absl::StrJoin(names, ","),
        "], but the method takes [", absl::StrJoin(actual, ","),
        "]; use the same names, the suffix __<index>, or the same number"));
  }
  for (size_t i = 0; i < declared.size(); ++i) {
    TensorSpec& input = (*inputs)[(*indices)[i]];
    const TensorSpec of_model = input;
    input = declared[i];
    input.optional = of_model.optional;
    input.kind = of_model.kind;
  }
  return absl::OkStatus();
}

bool IsTensor(const c10::TypePtr& type) {
  return type->isSubtypeOf(*c10::TensorType::get());
}

// What forward's return type alone says; empty when only a run can tell.
std::vector<TensorSpec> FromReturnType(const c10::TypePtr& type) {
  if (IsTensor(type)) return {{.name = "output_0"}};
  const auto tuple = type->cast<c10::TupleType>();
  if (tuple == nullptr) return {};
  std::vector<TensorSpec> outputs;
  for (size_t i = 0; i < tuple->elements().size(); ++i) {
    if (!IsTensor(tuple->elements()[i])) return {};
    outputs.push_back({.name = tuple->schema()
                                   ? tuple->schema()->arguments()[i].name()
                                   : absl::StrCat("output_", i)});
  }
  return outputs;
}

}  // namespace

absl::StatusOr<ModelSignature> MakeSignature(
    const ModuleMethod& method, const std::vector<TracedInput>& traced,
    const ServableConfig& config) {
  ModelSignature signature;
  signature.max_batch_size = config.max_batch_size;
  signature.inputs = method.inputs();
  AddTracedFacts(traced, config.max_batch_size > 0, &signature.inputs);
  RETURN_IF_ERROR(ApplyConfig(config.inputs, &signature.inputs));
  signature.outputs = config.outputs;
  if (signature.outputs.empty()) {
    signature.outputs = FromReturnType(method.result());
  }
  return signature;
}

}  // namespace sconce
