// Whether a module that is loaded calls operators that are denied.
#ifndef SERVER_RUNTIME_GRAPH_POLICY_H_
#define SERVER_RUNTIME_GRAPH_POLICY_H_

#include <torch/csrc/jit/api/module.h>

#include "absl/status/status.h"

#include "server/runtime/archive/operator_policy.h"

namespace sconce {

// Looks at every operator and class in the module's graphs, as LibTorch has
// understood its code; OperatorPolicy::CheckCode() has read the text before.
// INVALID_ARGUMENT names the first that is denied.
// REQUIRES: nothing of the module has run yet.
absl::Status CheckGraphs(const torch::jit::Module& module,
                         const OperatorPolicy& policy);

}  // namespace sconce

#endif  // SERVER_RUNTIME_GRAPH_POLICY_H_
