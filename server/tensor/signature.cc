#include "server/tensor/signature.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/tensor/input_binding.h"
#include "server/tensor/input_check.h"

namespace sconce {

std::string InputPattern(const TensorSpec& spec) {
  if (spec.kind == ValueKind::kTensorList) return spec.name + ".<index>";
  if (spec.kind == ValueKind::kTensorDict) return spec.name + ".<key>";
  return spec.name;
}

absl::Status CheckInputs(const ModelSignature& signature,
                         absl::string_view model,
                         std::vector<InputTensor>* inputs,
                         absl::Span<const InputTensor> parameters) {
  RETURN_IF_ERROR(BindInputs(signature, model, parameters, inputs));
  for (const InputTensor& input : *inputs) {
    RETURN_IF_ERROR(CheckInput(signature.inputs[input.spec], model, input));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> CountRows(const ModelSignature& signature,
                                  absl::string_view model,
                                  absl::Span<const InputTensor> inputs) {
  if (signature.max_batch_size == 0) return 1;
  const InputTensor* first = nullptr;
  for (const InputTensor& input : inputs) {
    if (input.by_value) continue;
    if (first == nullptr) first = &input;
    if (input.shape.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "unexpected shape for input '", input.name, "' for model '", model,
          "'. Expected a first dimension that counts rows, got []"));
    }
    if (input.shape[0] != first->shape[0]) {
      return absl::InvalidArgumentError(absl::StrCat(
          "input '", input.name, "' for model '", model, "' has batch-size ",
          input.shape[0], ", but input '", first->name, "' has ",
          first->shape[0], "; all inputs of a request need the same"));
    }
  }
  if (first == nullptr) return 1;
  const int64_t rows = first->shape[0];
  if (rows > signature.max_batch_size) {
    return absl::InvalidArgumentError(absl::StrCat(
        "inference request batch-size must be <= ", signature.max_batch_size,
        " for '", model, "', got ", rows, "; split the request"));
  }
  return rows;
}

std::optional<int64_t> CommonRows(absl::Span<const InputTensor> inputs) {
  std::optional<int64_t> rows;
  for (const InputTensor& input : inputs) {
    if (input.by_value) continue;
    if (input.shape.empty() || input.shape[0] == 0) return std::nullopt;
    if (rows && *rows != input.shape[0]) return std::nullopt;
    rows = input.shape[0];
  }
  return rows;
}

}  // namespace sconce
