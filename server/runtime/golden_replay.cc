#include "server/runtime/golden_replay.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/core/waiting_task.h"
#include "server/runtime/example_tasks.h"
#include "server/runtime/tensor_comparison.h"
#include "server/runtime/torch_error.h"

namespace sconce {
namespace {

// For archives that do not say what the exporter allowed.
constexpr Tolerance kDefault = {1e-4, 1e-5};

Tolerance ToleranceFor(const ArchiveMetadata& metadata, DataType type) {
  const auto found = metadata.tolerances.find(type);
  return found == metadata.tolerances.end() ? kDefault : found->second;
}

std::string ShapeText(DataType type, const Shape& shape) {
  return absl::StrCat(DataTypeName(type), ShapeToString(shape));
}

// How `actual` differs; nothing when it does not.
absl::StatusOr<std::string> Difference(const GoldenTensor& expected,
                                       const OutputTensor& actual,
                                       const Tolerance& allowed) {
  if (actual.type != expected.type || actual.shape != expected.shape) {
    return absl::StrCat("is ", ShapeText(actual.type, actual.shape), ", not ",
                        ShapeText(expected.type, expected.shape));
  }
  const absl::string_view bytes(
      reinterpret_cast<const char*>(actual.bytes.data()), actual.bytes.size());
  if (bytes == expected.bytes) return std::string();
  if (actual.type == DataType::kBytes) return std::string("is another text");
  std::string difference;
  RETURN_IF_ERROR(TorchCall([&] {
    const at::Tensor a =
        ViewOf(actual.bytes.data(), actual.type, actual.shape).to(at::kDouble);
    const at::Tensor e =
        ViewOf(expected.bytes.data(), expected.type, expected.shape)
            .to(at::kDouble);
    if (at::allclose(a, e, allowed.relative, allowed.absolute,
                     /*equal_nan=*/true)) {
      return;
    }
    difference = absl::StrCat("differs by ", (a - e).abs().max().item<double>(),
                              " (allowed: ", allowed.absolute, " + ",
                              allowed.relative, " of the value)");
  }));
  return difference;
}

absl::Status Failed(const GoldenExample& example, absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(
      "golden example '", example.name, "' of method '", example.method,
      "': ", what,
      "; the server would not answer as the model did when it was exported: "
      "export it again, with the PyTorch version that the server runs"));
}

absl::Status Compare(const ArchiveMetadata& metadata,
                     const GoldenExample& example,
                     const std::vector<OutputTensor>& outputs) {
  if (outputs.size() != example.outputs.size()) {
    return Failed(example, absl::StrCat("there are ", outputs.size(),
                                        " outputs, eager PyTorch gave ",
                                        example.outputs.size()));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    ASSIGN_OR_RETURN(const std::string difference,
                     Difference(example.outputs[i], outputs[i],
                                ToleranceFor(metadata, outputs[i].type)));
    if (!difference.empty()) {
      return Failed(
          example, absl::StrCat("output '", outputs[i].name, "' ", difference));
    }
  }
  return absl::OkStatus();
}

absl::Status Replay(const ArchiveMetadata& metadata,
                    const GoldenExample& example, Servable* servable) {
  const auto method = metadata.methods.find(example.method);
  const auto signature = servable->signature(example.method);
  if (method == metadata.methods.end() || !signature.ok()) {
    return absl::OkStatus();
  }
  const auto task = MakeGoldenTask(example, method->second, **signature);
  if (task == nullptr) return absl::OkStatus();
  const auto outputs = task->Run(servable);
  if (!outputs.ok()) return Failed(example, outputs.status().message());
  return Compare(metadata, example, *outputs);
}

}  // namespace

absl::Status ReplayExamples(const ArchiveMetadata& metadata,
                            Servable* servable) {
  for (const GoldenExample& example : metadata.examples) {
    RETURN_IF_ERROR(Replay(metadata, example, servable));
  }
  return absl::OkStatus();
}

}  // namespace sconce
