// ModelPrecision: has one model computed as its configuration says.
#ifndef SERVER_RUNTIME_MODEL_PRECISION_H_
#define SERVER_RUNTIME_MODEL_PRECISION_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <torch/csrc/jit/api/module.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "server/core/loader.h"
#include "server/runtime/archive/archive_metadata.h"
#include "server/runtime/module_optimizer.h"
#include "server/runtime/precision_policy.h"
#include "server/runtime/precision_proof.h"

namespace sconce {

// What a load does about precision, in its order. One thread at a time.
class ModelPrecision {
 public:
  // Converts `module`, which lies on `device`, where it is. Before that forward
  // answers `examples` as it was saved, unless the archive has golden examples
  // of it. `metadata` may be null. REQUIRES: nothing of the module has run.
  // Errors as TorchCall.
  static absl::StatusOr<ModelPrecision> Apply(
      const ServableSpec& spec, c10::Device device,
      const ArchiveMetadata* metadata, const torch::jit::Module& module,
      const std::vector<at::Tensor>& examples);

  // For calls of a method of the converted module, or of what became of it.
  PrecisionPolicy PolicyFor(const std::string& method) const;

  // Compares what became of the module with what it answered before.
  // FAILED_PRECONDITION when it cannot run any more.
  absl::Status Check(const OptimizedModule& optimized);

  // Logs that no golden example was compared, if that matters.
  void WarnUnproven() const;

  // What the model computes in.
  const PrecisionSettings& settings() const { return settings_; }
  ServableConfig InForce(ServableConfig config) const;

 private:
  ModelPrecision(ServableId id, const PrecisionSettings& settings)
      : id_(std::move(id)), settings_(settings) {}

  ServableId id_;
  PrecisionSettings settings_;
  c10::ScalarType weights_ = c10::ScalarType::Float;
  std::map<std::string, std::vector<c10::ScalarType>> output_types_;
  PrecisionProof proof_;
  std::optional<Deviation> deviation_;  // of made-up inputs
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_MODEL_PRECISION_H_
