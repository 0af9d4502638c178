#include "server/tensor/signature.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

void AppendQuoted(std::string* out, absl::string_view name) {
  absl::StrAppend(out, "'", name, "'");
}

std::string Names(absl::Span<const TensorSpec> specs) {
  return absl::StrJoin(specs, ",", [](std::string* out, const TensorSpec& s) {
    AppendQuoted(out, s.name);
  });
}

std::string Names(absl::Span<const InputTensor> inputs) {
  return absl::StrJoin(inputs, ",", [](std::string* out, const InputTensor& t) {
    AppendQuoted(out, t.name);
  });
}

absl::Status CheckNames(const ModelSignature& signature,
                        absl::string_view model,
                        absl::Span<const InputTensor> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string& name = inputs[i].name;
    for (size_t j = 0; j < i; ++j) {
      if (inputs[j].name == name) {
        return absl::InvalidArgumentError(absl::StrCat(
            "input '", name, "' appears more than once in the request for ",
            "model '", model, "'; send it once"));
      }
    }
    const bool known =
        std::any_of(signature.inputs.begin(), signature.inputs.end(),
                    [&](const TensorSpec& spec) { return spec.name == name; });
    if (!known) {
      return absl::InvalidArgumentError(absl::StrCat(
          "unexpected inference input '", name, "' for model '", model,
          "'; the model's inputs are [", Names(signature.inputs), "]"));
    }
  }
  return absl::OkStatus();
}

absl::Status MissingInput(const ModelSignature& signature,
                          absl::string_view model, const std::string& missing,
                          absl::Span<const InputTensor> inputs) {
  return absl::InvalidArgumentError(absl::StrCat(
      "expected ", signature.inputs.size(), " inputs but got ", inputs.size(),
      " inputs for model '", model, "'. Got input(s) [", Names(inputs),
      "], but missing required input(s) ['", missing,
      "']. Please provide all required input(s)."));
}

// Brings `inputs` into the signature's order.
absl::Status Order(const ModelSignature& signature, absl::string_view model,
                   std::vector<InputTensor>* inputs) {
  size_t placed = 0;
  const std::string* skipped = nullptr;
  for (const TensorSpec& spec : signature.inputs) {
    const auto found = std::find_if(
        inputs->begin() + static_cast<std::ptrdiff_t>(placed), inputs->end(),
        [&](const InputTensor& t) { return t.name == spec.name; });
    if (found != inputs->end()) {
      // Arguments are passed by position, so a gap cannot be expressed.
      if (skipped != nullptr) {
        return MissingInput(signature, model, *skipped, *inputs);
      }
      std::swap((*inputs)[placed++], *found);
    } else if (spec.optional) {
      skipped = &spec.name;
    } else {
      return MissingInput(signature, model, spec.name, *inputs);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckBytes(absl::string_view model, const InputTensor& input) {
  if (input.type == DataType::kBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "inference input '", input.name, "' data-type is 'BYTES', but model '",
        model, "' expects a tensor of numbers"));
  }
  const std::optional<int64_t> expected = ByteCount(input.type, input.shape);
  if (!expected) {
    return absl::InvalidArgumentError(absl::StrCat(
        "input '", input.name, "' for model '", model, "': shape ",
        ShapeToString(input.shape),
        " is not possible; sizes must be >= 0 and fit a 64-bit byte count"));
  }
  if (static_cast<uint64_t>(*expected) != input.bytes.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "input byte size mismatch for input '", input.name, "' for model '",
        model, "'. Expected ", *expected, " for ", DataTypeName(input.type),
        ShapeToString(input.shape), ", got ", input.bytes.size()));
  }
  return absl::OkStatus();
}

absl::Status CheckInput(const TensorSpec& spec, absl::string_view model,
                        const InputTensor& input) {
  if (spec.type && spec.type_origin == FactOrigin::kDeclared &&
      *spec.type != input.type) {
    return absl::InvalidArgumentError(
        absl::StrCat("inference input '", input.name, "' data-type is '",
                     DataTypeName(input.type), "', but model '", model,
                     "' expects '", DataTypeName(*spec.type), "'"));
  }
  if (spec.shape && spec.shape_origin == FactOrigin::kDeclared &&
      !ShapeMatches(input.shape, *spec.shape)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "unexpected shape for input '", input.name, "' for model '", model,
        "'. Expected ", ShapeToString(*spec.shape), ", got ",
        ShapeToString(input.shape)));
  }
  return CheckBytes(model, input);
}

}  // namespace

absl::Status CheckInputs(const ModelSignature& signature,
                         absl::string_view model,
                         std::vector<InputTensor>* inputs) {
  RETURN_IF_ERROR(CheckNames(signature, model, *inputs));
  RETURN_IF_ERROR(Order(signature, model, inputs));
  for (size_t i = 0; i < inputs->size(); ++i) {
    RETURN_IF_ERROR(CheckInput(signature.inputs[i], model, (*inputs)[i]));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> CountRows(const ModelSignature& signature,
                                  absl::string_view model,
                                  absl::Span<const InputTensor> inputs) {
  if (signature.max_batch_size == 0 || inputs.empty()) return 1;
  for (const InputTensor& input : inputs) {
    if (input.shape.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "unexpected shape for input '", input.name, "' for model '", model,
          "'. Expected a first dimension that counts rows, got []"));
    }
    if (input.shape[0] != inputs[0].shape[0]) {
      return absl::InvalidArgumentError(absl::StrCat(
          "input '", input.name, "' for model '", model, "' has batch-size ",
          input.shape[0], ", but input '", inputs[0].name, "' has ",
          inputs[0].shape[0], "; all inputs of a request need the same"));
    }
  }
  const int64_t rows = inputs[0].shape[0];
  if (rows > signature.max_batch_size) {
    return absl::InvalidArgumentError(absl::StrCat(
        "inference request batch-size must be <= ", signature.max_batch_size,
        " for '", model, "', got ", rows, "; split the request"));
  }
  return rows;
}

}  // namespace sconce
