// PrecisionProof: what a model answers before its precision is changed.
#ifndef SERVER_RUNTIME_PRECISION_PROOF_H_
#define SERVER_RUNTIME_PRECISION_PROOF_H_

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>
#include <torch/csrc/jit/api/module.h>

#include <optional>
#include <vector>

#include "absl/status/statusor.h"

#include "server/runtime/archive/archive_metadata.h"
#include "server/runtime/precision_policy.h"
#include "server/runtime/tensor_comparison.h"

namespace sconce {

// The answers of forward to some inputs. Stands in for golden examples where an
// archive has none. Immutable.
class PrecisionProof {
 public:
  using Tensors = std::vector<at::Tensor>;

  // Without answers.
  PrecisionProof() = default;

  // Runs a copy of `module`, on the calling thread, with one tensor per input;
  // without answers when there are no inputs or the run fails. REQUIRES: the
  // module is not converted.
  static PrecisionProof Of(const torch::jit::Module& module,
                           const Tensors& inputs);

  // The types of the tensors in the answer; empty without one.
  std::vector<c10::ScalarType> types() const;

  // How far off the converted `module` answers; nothing where that cannot be
  // told: without an answer, or when it returns other shapes, as one may that
  // looks at values. FAILED_PRECONDITION when it cannot run. It runs `module`
  // itself.
  absl::StatusOr<std::optional<Deviation>> Compare(
      const torch::jit::Module& module, const PrecisionPolicy& precision) const;

 private:
  Tensors inputs_;
  Tensors outputs_;
};

// What an archive says about the types of the tensors that a method returns, in
// the order of MapTensors(); empty if it leaves one open.
std::vector<c10::ScalarType> OutputTypes(const MetadataMethod& method);

}  // namespace sconce

#endif  // SERVER_RUNTIME_PRECISION_PROOF_H_
