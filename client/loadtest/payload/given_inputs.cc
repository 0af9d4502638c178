#include "client/loadtest/payload/given_inputs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

#include "client/loadtest/payload/json_tensor.h"
#include "client/loadtest/payload/npy_file.h"
#include "client/loadtest/payload/npz_file.h"

namespace sconce::load {
namespace {

absl::Status About(const std::string& input, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat("input '", input, "': ", status.message()));
}

bool FitsShape(const Shape& shape, const Shape& told) {
  if (shape.size() != told.size()) return false;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (told[i] >= 0 && told[i] != shape[i]) return false;
  }
  return true;
}

// Null for a server that describes no inputs at all.
absl::StatusOr<const TensorDescription*> FindInput(
    const ModelDescription& model, const std::string& name) {
  for (const TensorDescription& told : model.inputs) {
    if (IsCalled(told, name)) return &told;
  }
  if (model.inputs.empty()) return nullptr;
  return absl::InvalidArgumentError(absl::StrCat(
      "the model has no such input; it has ",
      absl::StrJoin(model.inputs, ", ",
                    [](std::string* out, const TensorDescription& told) {
                      out->append(told.name);
                    })));
}

absl::StatusOr<Tensor> ReadValue(const std::string& value,
                                 const TensorDescription* told) {
  if (absl::EndsWith(value, ".npy")) return ReadNpyFile(value);
  auto tensor =
      TensorFromJson(value, told == nullptr ? std::nullopt : told->type);
  // One value, where the model takes a list of them.
  if (tensor.ok() && tensor->shape.empty() && told != nullptr) {
    tensor->shape.resize(told->shape.size(), 1);
  }
  return tensor;
}

// Reads the input called `name` by `read`, which gets its description.
template <typename Read>
absl::Status AddInput(const ModelDescription& model, const std::string& name,
                      Read read, TensorsByName* inputs) {
  const auto told = FindInput(model, name);
  if (!told.ok()) return About(name, told.status());
  absl::StatusOr<Tensor> tensor = read(*told);
  if (!tensor.ok()) return About(name, tensor.status());
  if (*told != nullptr) {
    const absl::Status fits = CheckFits(**told, *tensor);
    if (!fits.ok()) return About(name, fits);
  }
  if (inputs->emplace(name, *std::move(tensor)).second) return absl::OkStatus();
  return About(name, absl::InvalidArgumentError(
                         "it is given twice, on its own and in the .npz file"));
}

}  // namespace

bool IsCalled(const TensorDescription& told, absl::string_view name) {
  absl::string_view stem = told.name;
  if (!absl::ConsumeSuffix(&stem, "<index>") &&
      !absl::ConsumeSuffix(&stem, "<key>")) {
    return name == told.name;
  }
  return name.size() > stem.size() && absl::StartsWith(name, stem);
}

absl::Status CheckFits(const TensorDescription& told, const Tensor& tensor) {
  if (told.type && *told.type != tensor.type) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected ", std::string(DataTypeName(*told.type)),
                     ", found ", std::string(DataTypeName(tensor.type)),
                     "; convert the array by astype()"));
  }
  if (told.shape.empty() || FitsShape(tensor.shape, told.shape)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("expected shape ", ShapeToString(told.shape), ", found ",
                   ShapeToString(tensor.shape)));
}

absl::StatusOr<TensorsByName> ReadInputs(const EntrySpec& entry,
                                         const ModelDescription& model) {
  TensorsByName arrays;
  if (!entry.npz.empty()) {
    auto read = ReadNpzFile(entry.npz);
    if (!read.ok()) return read.status();
    arrays = *std::move(read);
  }
  TensorsByName inputs;
  for (auto& named : arrays) {
    const auto take = [&](const TensorDescription*) {
      return std::move(named.second);
    };
    const absl::Status added = AddInput(model, named.first, take, &inputs);
    if (!added.ok()) return added;
  }
  for (const auto& named : entry.inputs) {
    const auto read = [&](const TensorDescription* told) {
      return ReadValue(named.second, told);
    };
    const absl::Status added = AddInput(model, named.first, read, &inputs);
    if (!added.ok()) return added;
  }
  return inputs;
}

}  // namespace sconce::load
