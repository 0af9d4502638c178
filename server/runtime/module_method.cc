#include "server/runtime/module_method.h"

#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "server/base/status_macros.h"
#include "server/runtime/torch_error.h"

namespace sconce {
namespace {

// Operators that loop, run code that the graph does not show, or turn values
// of a tensor into a number or a size.
bool MayTakeAnyTime(const torch::jit::Node& node) {
  // A trace wraps x.size(0) in a tensor and back: still a size.
  if (node.kind() == c10::aten::Int &&
      node.input()->node()->kind() == c10::prim::NumToTensor) {
    return false;
  }
  static const auto* const kKinds =
      new absl::flat_hash_set<std::string>{"aten::Bool",
                                           "aten::Complex",
                                           "aten::Float",
                                           "aten::FloatImplicit",
                                           "aten::Int",
                                           "aten::IntImplicit",
                                           "aten::ScalarImplicit",
                                           "aten::bincount",
                                           "aten::item",
                                           "aten::one_hot",
                                           "aten::repeat_interleave",
                                           "aten::sparse_coo_tensor",
                                           "aten::tolist",
                                           "prim::CallFunction",
                                           "prim::CallMethod",
                                           "prim::Loop",
                                           "prim::PythonOp",
                                           "prim::fork",
                                           "prim::tolist"};
  return kKinds->contains(node.kind().toQualString());
}

bool HasBoundedTime(const torch::jit::Block& block) {
  return std::none_of(block.nodes().begin(), block.nodes().end(),
                      [](const torch::jit::Node* node) {
                        return MayTakeAnyTime(*node) ||
                               !std::all_of(node->blocks().begin(),
                                            node->blocks().end(),
                                            [](const torch::jit::Block* inner) {
                                              return HasBoundedTime(*inner);
                                            });
                      });
}

}  // namespace

absl::StatusOr<ModuleMethod> ModuleMethod::Create(torch::jit::Module module,
                                                  const std::string& name) {
  const auto method = module.find_method(name);
  if (!method) {
    return absl::InvalidArgumentError(
        absl::StrCat("the module has no method '", name, "'; it has [",
                     absl::StrJoin(PublicMethods(module), ","), "]"));
  }
  ASSIGN_OR_RETURN(Arguments arguments,
                   Arguments::Create(method->function().getSchema()));
  return ModuleMethod(std::move(module), name, std::move(arguments));
}

ModuleMethod::ModuleMethod(torch::jit::Module module, std::string name,
                           Arguments arguments)
    : module_(std::move(module)),
      name_(std::move(name)),
      function_(&module_.get_method(name_).function()),
      arguments_(std::move(arguments)) {}

const c10::TypePtr& ModuleMethod::result() const {
  return function_->getSchema().returns().at(0).type();
}

absl::StatusOr<torch::jit::Stack> ModuleMethod::Bind(
    absl::Span<InferTask* const> tasks) const {
  torch::jit::Stack stack;
  absl::Status appended;
  RETURN_IF_ERROR(TorchCall([&] {
    stack.reserve(1 + arguments_.inputs().size());
    stack.emplace_back(module_._ivalue());
    appended = arguments_.Append(tasks, &stack);
  }));
  RETURN_IF_ERROR(appended);
  return stack;
}

absl::StatusOr<c10::IValue> ModuleMethod::Run(torch::jit::Stack stack) const {
  RETURN_IF_ERROR(TorchCall([&] {
    c10::InferenceMode inference_mode;
    function_->run(stack);
  }));
  return std::move(stack.back());
}

absl::StatusOr<c10::IValue> ModuleMethod::Run(
    absl::Span<const at::Tensor> tensors) const {
  torch::jit::Stack stack = {module_._ivalue()};
  arguments_.AppendTensors(tensors, &stack);
  return Run(std::move(stack));
}

bool ModuleMethod::HasBoundedTime() const {
  // A number that a client sends may be a size.
  for (const TensorSpec& spec : inputs()) {
    if (!IsTensor(spec.kind)) return false;
  }
  const std::shared_ptr<torch::jit::Graph> graph =
      torch::jit::toGraphFunction(*function_).graph()->copy();
  torch::jit::Inline(*graph);
  return sconce::HasBoundedTime(*graph->block());
}

std::vector<std::string> PublicMethods(const torch::jit::Module& module) {
  std::vector<std::string> names;
  for (const torch::jit::Method& method : module.get_methods()) {
    if (!absl::StartsWith(method.name(), "_")) names.push_back(method.name());
  }
  return names;
}

}  // namespace sconce
