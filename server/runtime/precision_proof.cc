#include "server/runtime/precision_proof.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/runtime/module_method.h"
#include "server/runtime/tensor_codec.h"
#include "server/runtime/torch_error.h"
#include "server/runtime/value_tensors.h"

namespace sconce {
namespace {

using torch::jit::Module;
using Tensors = PrecisionProof::Tensors;

absl::StatusOr<Tensors> Run(const Module& module, const Tensors& inputs,
                            const PrecisionPolicy& precision) {
  ASSIGN_OR_RETURN(const ModuleMethod forward,
                   ModuleMethod::Create(module, "forward", precision));
  Tensors copies;  // a model may write into its inputs
  Tensors outputs;
  RETURN_IF_ERROR(TorchCall([&] {
    for (const at::Tensor& input : inputs) copies.push_back(input.clone());
  }));
  ASSIGN_OR_RETURN(const c10::IValue value, forward.Run(copies));
  RETURN_IF_ERROR(TorchCall([&] {
    MapTensors(value, [&](const at::Tensor& tensor) {
      outputs.push_back(tensor);
      return tensor;
    });
  }));
  return outputs;
}

absl::Status Failed(const PrecisionPolicy& precision, absl::string_view what) {
  const PrecisionSettings& settings = precision.settings();
  return absl::FailedPreconditionError(absl::StrCat(
      "with sconce.precision '", PrecisionName(settings.precision),
      "' and sconce.memory_format '", MemoryFormatName(settings.memory_format),
      "' ", what,
      "; try an autocast precision, which converts where an operator needs it, "
      "or leave both out"));
}

}  // namespace

PrecisionProof PrecisionProof::Of(const Module& module, const Tensors& inputs) {
  PrecisionProof proof;
  if (inputs.empty()) return proof;
  std::optional<Module> copy;  // it may change itself, and code that ran stays
  if (!TorchCall([&] {
         copy = module.clone();
         copy->eval();
       }).ok()) {
    return proof;
  }
  absl::StatusOr<Tensors> outputs = Run(*copy, inputs, {});
  if (!outputs.ok()) return proof;
  proof.inputs_ = inputs;
  proof.outputs_ = *std::move(outputs);
  return proof;
}

std::vector<c10::ScalarType> PrecisionProof::types() const {
  std::vector<c10::ScalarType> types;
  for (const at::Tensor& output : outputs_) {
    types.push_back(output.scalar_type());
  }
  return types;
}

absl::StatusOr<std::optional<Deviation>> PrecisionProof::Compare(
    const Module& module, const PrecisionPolicy& precision) const {
  if (inputs_.empty()) return std::nullopt;
  const absl::StatusOr<Tensors> outputs = Run(module, inputs_, precision);
  if (!outputs.ok()) {
    return Failed(precision, absl::StrCat("the model cannot run: ",
                                          outputs.status().message()));
  }
  bool alike = outputs->size() == outputs_.size();
  Deviation deviation;
  RETURN_IF_ERROR(TorchCall([&] {
    for (size_t i = 0; alike && i < outputs_.size(); ++i) {
      const at::Tensor& actual = (*outputs)[i];
      alike = actual.sizes() == outputs_[i].sizes() &&
              actual.scalar_type() == outputs_[i].scalar_type();
      if (alike && actual.is_floating_point()) {
        deviation.Add(DeviationOf(actual, outputs_[i]));
      }
    }
  }));
  if (!alike) return std::nullopt;
  return deviation;
}

std::vector<c10::ScalarType> OutputTypes(const MetadataMethod& method) {
  std::vector<c10::ScalarType> types;
  for (const MetadataValue& output : method.outputs) {
    if (!output.is_tensor) continue;
    const auto type = output.type ? ToScalarType(*output.type) : std::nullopt;
    if (!type) return {};
    types.push_back(*type);
  }
  return types;
}

}  // namespace sconce
