#include "server/runtime/graph_policy.h"

#include <ATen/core/jit_type.h>
#include <torch/csrc/jit/ir/ir.h>

#include <string>

#include "absl/strings/strip.h"

#include "server/base/status_macros.h"
#include "server/runtime/module_graphs.h"

namespace sconce {
namespace {

using torch::jit::Node;

// "torch.classes.c10d.Work", as the policy calls it; empty for other types.
std::string ClassName(const c10::TypePtr& type) {
  const auto* named = type->castRaw<c10::ClassType>();
  if (named == nullptr || !named->name()) return "";
  const std::string name = named->name()->qualifiedName();
  return std::string(absl::StripPrefix(name, "__torch__."));
}

absl::Status CheckNode(const Node& node, const OperatorPolicy& policy) {
  RETURN_IF_ERROR(policy.CheckOperator(node.kind().toQualString()));
  for (const auto values : {node.inputs(), node.outputs()}) {
    for (const torch::jit::Value* value : values) {
      RETURN_IF_ERROR(policy.CheckOperator(ClassName(value->type())));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckGraphs(const torch::jit::Module& module,
                         const OperatorPolicy& policy) {
  for (const Node* node : AllNodes(module)) {
    RETURN_IF_ERROR(CheckNode(*node, policy));
  }
  return absl::OkStatus();
}

}  // namespace sconce
