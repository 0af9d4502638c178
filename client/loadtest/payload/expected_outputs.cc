#include "client/loadtest/payload/expected_outputs.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "client/loadtest/payload/given_inputs.h"
#include "client/loadtest/payload/npz_file.h"
#include "client/loadtest/payload/output_check.h"

namespace sconce::load {
namespace {

std::string NamesOf(const std::vector<TensorDescription>& outputs) {
  return absl::StrJoin(outputs, ", ", [](std::string* out, const auto& told) {
    out->append(told.name);
  });
}

// The sizes are not compared: servers tell those that they saw so far.
absl::Status CheckOutput(const ModelDescription& model, const std::string& name,
                         const Tensor& tensor) {
  if (model.outputs.empty()) return absl::OkStatus();
  for (const TensorDescription& told : model.outputs) {
    if (told.name == name) {
      return CheckFits({told.name, told.type, {}}, tensor);
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "the model has no such output; it has ", NamesOf(model.outputs)));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const AnswerCheck>> ReadExpectedOutputs(
    const EntrySpec& entry, const ModelDescription& model) {
  if (entry.expect.empty()) return nullptr;
  auto arrays = ReadNpzFile(entry.expect);
  if (!arrays.ok()) return arrays.status();
  if (arrays->empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("file '", entry.expect, "' has no arrays"));
  }
  ExpectedOutputs outputs;
  for (auto& [name, tensor] : *arrays) {
    const absl::Status valid = CheckOutput(model, name, tensor);
    if (!valid.ok()) {
      return absl::Status(valid.code(), absl::StrCat("expected output '", name,
                                                     "': ", valid.message()));
    }
    outputs[name] = {std::move(tensor), entry.tolerance};
  }
  return std::make_shared<const OutputCheck>(std::move(outputs),
                                             OutputCheck::Others::kAllowed);
}

}  // namespace sconce::load
