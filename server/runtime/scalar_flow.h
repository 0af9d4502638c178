// Whether numbers that a client sends can become sizes.
#ifndef SERVER_RUNTIME_SCALAR_FLOW_H_
#define SERVER_RUNTIME_SCALAR_FLOW_H_

#include <torch/csrc/jit/ir/ir.h>

namespace sconce {

// Follows the graph's inputs that are no tensors. True when they end in
// operators that take a number as a factor, in conditions and in results only;
// false when one may be a size, a count, or anything else that could make a
// run long. REQUIRES: calls are inlined.
bool ScalarsBoundNothing(const torch::jit::Graph& graph);

}  // namespace sconce

#endif  // SERVER_RUNTIME_SCALAR_FLOW_H_
