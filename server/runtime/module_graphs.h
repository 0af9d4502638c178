// Every node of a module's code, for passes over what LibTorch has loaded.
#ifndef SERVER_RUNTIME_MODULE_GRAPHS_H_
#define SERVER_RUNTIME_MODULE_GRAPHS_H_

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

#include <vector>

namespace sconce {

// The nodes of all methods of the module and its submodules, and of all
// functions that were loaded with it, with those of inner blocks and graphs.
// A pass may change or destroy any of them as it goes through the vector.
// REQUIRES: nothing of it has run yet, because the executor keeps copies.
std::vector<torch::jit::Node*> AllNodes(const torch::jit::Module& module);

// The same of one graph.
std::vector<torch::jit::Node*> AllNodes(torch::jit::Graph& graph);

}  // namespace sconce

#endif  // SERVER_RUNTIME_MODULE_GRAPHS_H_
