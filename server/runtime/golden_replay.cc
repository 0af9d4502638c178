#include "server/runtime/golden_replay.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/core/waiting_task.h"
#include "server/runtime/example_tasks.h"
#include "server/runtime/tensor_codec.h"
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

// One replay of all examples.
class Replay {
 public:
  Replay(const ArchiveMetadata& metadata, const PrecisionSettings& precision,
         bool on_device, Servable* servable)
      : metadata_(metadata),
        precision_(precision),
        on_device_(on_device),
        servable_(servable) {}

  absl::Status Ask(const GoldenExample& example);

  const GoldenReplay& result() const { return result_; }

 private:
  absl::Status Compare(const GoldenExample& example,
                       const std::vector<OutputTensor>& outputs);
  // How `actual` differs; nothing when it does not.
  absl::StatusOr<std::string> Difference(const GoldenTensor& expected,
                                         const OutputTensor& actual);
  // For values of which `expected` are the right ones.
  Tolerance Allowed(DataType type, const at::Tensor& expected) const;
  absl::Status Failed(const GoldenExample& example,
                      absl::string_view what) const;
  absl::Status NotRun(const GoldenExample& example,
                      const absl::Status& error) const;

  const ArchiveMetadata& metadata_;
  const PrecisionSettings& precision_;
  const bool on_device_;
  Servable* const servable_;
  GoldenReplay result_;
};

Tolerance Replay::Allowed(DataType type, const at::Tensor& expected) const {
  Tolerance allowed = ToleranceFor(metadata_, type);
  if (!c10::isFloatingType(*ToScalarType(type))) return allowed;
  if (precision_.tolerance) return *precision_.tolerance;
  if (precision_.AreDefault() && !on_device_) return allowed;
  // Another memory format, or a device, has another order of the same
  // operations.
  const double usual =
      std::max(kFullRounding, DefaultTolerance(precision_.precision));
  allowed.relative = std::max(allowed.relative, usual);
  allowed.absolute = std::max(allowed.absolute, usual * LargestValue(expected));
  return allowed;
}

absl::StatusOr<std::string> Replay::Difference(const GoldenTensor& expected,
                                               const OutputTensor& actual) {
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
    const Tolerance allowed = Allowed(actual.type, e);
    const Deviation deviation = DeviationOf(a, e);
    result_.deviation.Add(deviation);
    if (at::allclose(a, e, allowed.relative, allowed.absolute,
                     /*equal_nan=*/true)) {
      return;
    }
    difference = absl::StrCat("differs by ", deviation.absolute,
                              " (allowed: ", allowed.absolute, " + ",
                              allowed.relative, " of the value)");
  }));
  return difference;
}

absl::Status Replay::Failed(const GoldenExample& example,
                            absl::string_view what) const {
  const std::string reason =
      absl::StrCat("golden example '", example.name, "' of method '",
                   example.method, "': ", what);
  if (precision_.AreDefault() && precision_.tolerance) {
    return absl::FailedPreconditionError(
        absl::StrCat(reason, "; allow more by sconce.tolerance"));
  }
  if (precision_.AreDefault()) {
    return absl::FailedPreconditionError(absl::StrCat(
        reason,
        "; the server would not answer as the model did when it was exported: "
        "export it again, with the PyTorch version that the server runs"));
  }
  return absl::FailedPreconditionError(absl::StrCat(
      reason, "; with sconce.precision '", PrecisionName(precision_.precision),
      "' and sconce.memory_format '",
      MemoryFormatName(precision_.memory_format),
      "' the model does not answer as it did when it was exported: choose "
      "others, or allow more by sconce.tolerance"));
}

// A precision may be at fault, but not for a device's errors.
absl::Status Replay::NotRun(const GoldenExample& example,
                            const absl::Status& error) const {
  const bool is_of_device =
      absl::IsInternal(error) || absl::IsResourceExhausted(error);
  if (!precision_.AreDefault() && !is_of_device) {
    return Failed(example, error.message());
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "golden example '", example.name, "' of method '", example.method,
      "' could be run at export and cannot here: ", error.message()));
}

absl::Status Replay::Compare(const GoldenExample& example,
                             const std::vector<OutputTensor>& outputs) {
  if (outputs.size() != example.outputs.size()) {
    return Failed(example, absl::StrCat("there are ", outputs.size(),
                                        " outputs, eager PyTorch gave ",
                                        example.outputs.size()));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    ASSIGN_OR_RETURN(const std::string difference,
                     Difference(example.outputs[i], outputs[i]));
    if (!difference.empty()) {
      return Failed(
          example, absl::StrCat("output '", outputs[i].name, "' ", difference));
    }
  }
  ++result_.compared;
  return absl::OkStatus();
}

absl::Status Replay::Ask(const GoldenExample& example) {
  const auto method = metadata_.methods.find(example.method);
  const auto signature = servable_->signature(example.method);
  if (method == metadata_.methods.end() || !signature.ok()) {
    return absl::OkStatus();
  }
  const auto task = MakeGoldenTask(example, method->second, **signature);
  if (task == nullptr) return absl::OkStatus();
  const auto outputs = task->Run(servable_);
  if (!outputs.ok()) return NotRun(example, outputs.status());
  return Compare(example, *outputs);
}

}  // namespace

absl::StatusOr<GoldenReplay> ReplayExamples(const ArchiveMetadata& metadata,
                                            const PrecisionSettings& precision,
                                            bool on_device,
                                            Servable* servable) {
  Replay replay(metadata, precision, on_device, servable);
  for (const GoldenExample& example : metadata.examples) {
    RETURN_IF_ERROR(replay.Ask(example));
  }
  return replay.result();
}

}  // namespace sconce
