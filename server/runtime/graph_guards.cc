#include "server/runtime/graph_guards.h"

#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/runtime/operator.h>

#include "server/runtime/execution_deadline.h"
#include "server/runtime/module_graphs.h"
#include "server/runtime/safe_division.h"

namespace sconce {
namespace {

using torch::jit::Node;
using torch::jit::Operator;
using torch::jit::Stack;

constexpr char kCheck[] = "sconce::check_deadline";

void RegisterCheck() {
  static const bool registered = [] {
    // CONSERVATIVE: an operator without results that no pass takes out.
    torch::jit::registerOperator(Operator(
        "sconce::check_deadline() -> ()",
        [](Stack&) { CheckExecutionDeadline(); },
        c10::AliasAnalysisKind::CONSERVATIVE));
    return true;
  }();
  static_cast<void>(registered);
}

void CheckEachRound(Node* loop) {
  Node* const check =
      loop->owningGraph()->create(c10::Symbol::fromQualString(kCheck), 0);
  check->setSourceRange(loop->sourceRange());
  loop->blocks().at(0)->prependNode(check);
}

}  // namespace

GraphGuards AddGraphGuards(const torch::jit::Module& module) {
  RegisterCheck();
  RegisterSafeDivision();
  GraphGuards added;
  for (Node* node : AllNodes(module)) {
    if (node->kind() == c10::prim::Loop) {
      CheckEachRound(node);
      ++added.loops;
    } else if (MakeDivisionSafe(node)) {
      ++added.divisions;
    }
  }
  return added;
}

}  // namespace sconce
