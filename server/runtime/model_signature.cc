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

void Describe(const MetadataValue& value, bool batched, TensorSpec* spec) {
  spec->name = value.name;
  if (!spec->type) spec->type = value.type;
  if (value.shape) spec->shape = value.shape;  // a trace has one example's
  if (spec->shape && batched && !spec->shape->empty()) {
    (*spec->shape)[0] = kAnySize;
  }
}

// Inputs that share a name's prefix, as those of a list, are not described.
void AddMetadata(const MetadataMethod& metadata, ModelSignature* signature) {
  const bool batched = signature->max_batch_size > 0;
  std::vector<TensorSpec>& inputs = signature->inputs;
  const bool same = std::equal(
      inputs.begin(), inputs.end(), metadata.inputs.begin(),
      metadata.inputs.end(), [](const TensorSpec& spec, const auto& value) {
        return (spec.kind == ValueKind::kTensor) == value.is_tensor;
      });
  for (size_t i = 0; same && i < inputs.size(); ++i) {
    Describe(metadata.inputs[i], batched, &inputs[i]);
  }
  signature->outputs.clear();
  for (const MetadataValue& value : metadata.outputs) {
    Describe(value, batched, &signature->outputs.emplace_back());
    signature->output_names.push_back(value.name);
  }
  signature->output_structure = metadata.output_structure;
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
    const ModuleMethod& method, const MetadataMethod* metadata,
    const std::vector<TracedInput>& traced, const ServableConfig& config) {
  ModelSignature signature;
  signature.max_batch_size = config.max_batch_size;
  signature.inputs = method.inputs();
  AddTracedFacts(traced, config.max_batch_size > 0, &signature.inputs);
  signature.outputs = FromReturnType(method.result());
  if (metadata != nullptr) AddMetadata(*metadata, &signature);
  RETURN_IF_ERROR(ApplyConfig(config.inputs, &signature.inputs));
  if (!config.outputs.empty()) {
    signature.outputs = config.outputs;
    signature.output_structure.clear();  // its names are others
  }
  return signature;
}

}  // namespace sconce
