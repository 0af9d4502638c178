#include "server/runtime/module_graphs.h"

#include <torch/csrc/jit/api/compilation_unit.h>
#include <torch/csrc/jit/api/function_impl.h>

#include "absl/container/flat_hash_set.h"

namespace sconce {
namespace {

using torch::jit::AttributeKind;
using torch::jit::Block;
using torch::jit::Function;
using torch::jit::Node;

using Nodes = std::vector<Node*>;

void AddBlock(Block* block, Nodes* nodes);

// The graphs that a node keeps as attributes, such as that of prim::fork.
void AddInnerGraphs(Node* node, Nodes* nodes) {
  for (const c10::Symbol name : node->attributeNames()) {
    if (node->kindOf(name) == AttributeKind::g) {
      AddBlock(node->g(name)->block(), nodes);
    } else if (node->kindOf(name) == AttributeKind::gs) {
      for (const auto& graph : node->gs(name)) AddBlock(graph->block(), nodes);
    }
  }
}

void AddBlock(Block* block, Nodes* nodes) {
  for (Node* node : block->nodes()) {
    nodes->push_back(node);
    for (Block* inner : node->blocks()) AddBlock(inner, nodes);
    AddInnerGraphs(node, nodes);
  }
}

// A class of another compilation unit may have methods that the module's own
// unit does not list.
std::vector<Function*> AllFunctions(const torch::jit::Module& module) {
  std::vector<Function*> all =
      module._ivalue()->compilation_unit()->get_functions();
  for (const torch::jit::Module& part : module.modules()) {
    for (const torch::jit::Method& method : part.get_methods()) {
      all.push_back(&method.function());
    }
  }
  return all;
}

}  // namespace

Nodes AllNodes(const torch::jit::Module& module) {
  Nodes nodes;
  absl::flat_hash_set<const Function*> seen;
  for (Function* function : AllFunctions(module)) {
    if (!function->isGraphFunction() || !seen.insert(function).second) continue;
    function->ensure_defined();
    AddBlock(torch::jit::toGraphFunction(*function).graph()->block(), &nodes);
  }
  return nodes;
}

Nodes AllNodes(torch::jit::Graph& graph) {
  Nodes nodes;
  AddBlock(graph.block(), &nodes);
  return nodes;
}

}  // namespace sconce
