#include "server/tensor/input_binding.h"

#include <algorithm>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

std::string Names(absl::Span<const TensorSpec> specs) {
  return absl::StrJoin(specs, ",", [](std::string* out, const TensorSpec& s) {
    absl::StrAppend(out, "'", InputPattern(s), "'");
  });
}

std::string Names(absl::Span<const InputTensor> inputs) {
  return absl::StrJoin(inputs, ",", [](std::string* out, const InputTensor& t) {
    absl::StrAppend(out, "'", t.name, "'");
  });
}

// The index in "<name>.<index>", without a sign or leading zeros.
bool ParseElement(absl::string_view text, int64_t* element) {
  const bool plain = !text.empty() && text[0] >= '0' && text[0] <= '9' &&
                     (text[0] != '0' || text.size() == 1);
  return plain && absl::SimpleAtoi(text, element);
}

// Whether `input` is `spec`, or an element of it.
bool BelongsTo(const TensorSpec& spec, InputTensor* input) {
  if (!IsOpen(spec.kind)) return input->name == spec.name;
  absl::string_view rest = input->name;
  if (!absl::ConsumePrefix(&rest, spec.name)) return false;
  if (!absl::ConsumePrefix(&rest, ".") || rest.empty()) return false;
  return spec.kind == ValueKind::kTensorDict ||
         ParseElement(rest, &input->element);
}

absl::Status Place(const ModelSignature& signature, absl::string_view model,
                   InputTensor* input) {
  for (size_t i = 0; i < signature.inputs.size(); ++i) {
    if (!BelongsTo(signature.inputs[i], input)) continue;
    input->spec = i;
    const TensorSpec& spec = signature.inputs[i];
    const bool is_entry = spec.kind == ValueKind::kTensorDict;
    input->key = is_entry ? spec.name.size() + 1 : 0;
    input->by_value = !IsTensor(spec.kind);
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "unexpected inference input '", input->name, "' for model '", model,
      "'; the model's inputs are [", Names(signature.inputs), "]"));
}

absl::Status CheckUnique(absl::string_view model,
                         absl::Span<const InputTensor> inputs) {
  absl::flat_hash_set<absl::string_view> seen;
  for (const InputTensor& input : inputs) {
    if (!seen.insert(input.name).second) {
      return absl::InvalidArgumentError(absl::StrCat(
          "input '", input.name, "' appears more than once in the request for ",
          "model '", model, "'; send it once"));
    }
  }
  return absl::OkStatus();
}

absl::Status UnknownParameter(const ModelSignature& signature,
                              absl::string_view model,
                              const std::string& name) {
  return absl::InvalidArgumentError(absl::StrCat(
      "parameter '", name, "' is no number, bool or string that model '", model,
      "' takes; the model's inputs are [", Names(signature.inputs), "]"));
}

// Adds the parameters that are scalars of the signature and not sent as
// inputs. A model without scalars passes over all: they are somebody else's.
absl::Status AddParameters(const ModelSignature& signature,
                           absl::string_view model,
                           absl::Span<const InputTensor> parameters,
                           std::vector<InputTensor>* inputs) {
  const auto is_scalar = [](const TensorSpec& s) { return IsScalar(s.kind); };
  const auto& specs = signature.inputs;
  if (std::none_of(specs.begin(), specs.end(), is_scalar)) {
    return absl::OkStatus();
  }
  const size_t sent = inputs->size();
  for (const InputTensor& parameter : parameters) {
    const auto is_same = [&](const auto& other) {
      return other.name == parameter.name;
    };
    const auto spec = std::find_if(specs.begin(), specs.end(), is_same);
    if (spec == specs.end() || !IsScalar(spec->kind)) {
      return UnknownParameter(signature, model, parameter.name);
    }
    const auto end = inputs->begin() + static_cast<std::ptrdiff_t>(sent);
    if (std::none_of(inputs->begin(), end, is_same)) {
      inputs->push_back(parameter);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckNoGaps(const ModelSignature& signature,
                         absl::string_view model,
                         absl::Span<const InputTensor> sorted) {
  int64_t expected = 0;
  for (size_t i = 0; i < sorted.size(); ++i) {
    const InputTensor& input = sorted[i];
    const TensorSpec& spec = signature.inputs[input.spec];
    if (i == 0 || sorted[i - 1].spec != input.spec) expected = 0;
    if (spec.kind != ValueKind::kTensorList) continue;
    if (input.element != expected++) {
      return absl::InvalidArgumentError(absl::StrCat(
          "input '", input.name, "' for model '", model, "' came without '",
          spec.name, ".", expected - 1, "'; a list has no gaps"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckComplete(const ModelSignature& signature,
                           absl::string_view model,
                           absl::Span<const InputTensor> sorted) {
  size_t next = 0;
  for (size_t i = 0; i < signature.inputs.size(); ++i) {
    const TensorSpec& spec = signature.inputs[i];
    const bool present = next < sorted.size() && sorted[next].spec == i;
    while (next < sorted.size() && sorted[next].spec == i) ++next;
    if (present || spec.optional) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "expected ", signature.inputs.size(), " inputs but got ", sorted.size(),
        " inputs for model '", model, "'. Got input(s) [", Names(sorted),
        "], but missing required input(s) ['", InputPattern(spec),
        "']. Please provide all required input(s)."));
  }
  return absl::OkStatus();
}

bool IsBefore(const InputTensor& a, const InputTensor& b) {
  return a.spec != b.spec ? a.spec < b.spec : a.element < b.element;
}

}  // namespace

absl::Status BindInputs(const ModelSignature& signature,
                        absl::string_view model,
                        absl::Span<const InputTensor> parameters,
                        std::vector<InputTensor>* inputs) {
  if (!parameters.empty()) {
    RETURN_IF_ERROR(AddParameters(signature, model, parameters, inputs));
  }
  for (InputTensor& input : *inputs) {
    RETURN_IF_ERROR(Place(signature, model, &input));
  }
  if (inputs->size() > 1) RETURN_IF_ERROR(CheckUnique(model, *inputs));
  if (!std::is_sorted(inputs->begin(), inputs->end(), IsBefore)) {
    std::stable_sort(inputs->begin(), inputs->end(), IsBefore);
  }
  RETURN_IF_ERROR(CheckNoGaps(signature, model, *inputs));
  return CheckComplete(signature, model, *inputs);
}

}  // namespace sconce
