// Makes a module faster without changing its answers.
#ifndef SERVER_RUNTIME_MODULE_OPTIMIZER_H_
#define SERVER_RUNTIME_MODULE_OPTIMIZER_H_

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/runtime/precision_policy.h"
#include "server/tensor/signature.h"

namespace sconce {

enum class OptimizeMode {
  kAuto,    // freeze; optimize_for_inference when equal and faster
  kFreeze,  // freeze only
  kOff,     // run the module as it was saved
};

struct OptimizedModule {
  torch::jit::Module module;  // with all its methods
  std::string applied;        // "none", "freeze" or "optimize_for_inference"
  std::string reason;         // one phrase for the log
  // Attributes that the code changes, as named_attributes() calls them. When
  // there are any, `module` is as it was saved: a frozen one that changes
  // itself reads freed memory when it throws (LibTorch 2.11).
  std::set<std::string> changed = {};
};

// `examples` are one input tensor per tensor argument of forward; empty when
// none can be made, and then only freezing, which needs no proof by running,
// is considered. They run as `precision` says, to which the module has been
// converted. A module that changes its own attributes is left as it is.
absl::StatusOr<OptimizedModule> OptimizeModule(
    torch::jit::Module module, const std::vector<at::Tensor>& examples,
    OptimizeMode mode, const PrecisionPolicy& precision = {});

// Random inputs of the signature's types and shapes, one row each; empty when
// a type or size is open. Integers are 0 or 1, so that they fit as indices.
std::vector<at::Tensor> MakeExamples(const ModelSignature& signature);

}  // namespace sconce

#endif  // SERVER_RUNTIME_MODULE_OPTIMIZER_H_
