#include "server/runtime/forward.h"

#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/runtime/torch_error.h"

namespace sconce {
namespace {

bool IsTensor(const c10::Argument& argument) {
  const c10::TypePtr& type = argument.type();
  if (type->isSubtypeOf(*c10::TensorType::get())) return true;
  const auto optional = type->cast<c10::OptionalType>();
  return optional != nullptr &&
         optional->getElementType()->isSubtypeOf(*c10::TensorType::get());
}

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

absl::StatusOr<ForwardMethod> ForwardMethod::Create(torch::jit::Module module) {
  if (!module.find_method("forward")) {
    return absl::InvalidArgumentError("the module has no method 'forward'");
  }
  ForwardMethod forward(std::move(module));
  RETURN_IF_ERROR(forward.BindArguments());
  return forward;
}

ForwardMethod::ForwardMethod(torch::jit::Module module)
    : module_(std::move(module)),
      function_(&module_.get_method("forward").function()) {}

absl::Status ForwardMethod::BindArguments() {
  stack_.emplace_back(module_._ivalue());
  const auto& arguments = function_->getSchema().arguments();
  for (size_t i = 1; i < arguments.size(); ++i) {
    const c10::Argument& argument = arguments[i];
    if (!IsTensor(argument) && !argument.default_value()) {
      return absl::UnimplementedError(absl::StrCat(
          "argument '", argument.name(), "' of forward has type ",
          argument.type()->annotation_str(),
          ", expected Tensor: other arguments without a default are not "
          "served yet"));
    }
    if (IsTensor(argument)) {
      positions_.push_back(i);
      input_arguments_.push_back(argument);
    }
    stack_.push_back(argument.default_value().value_or(c10::IValue()));
  }
  return absl::OkStatus();
}

bool ForwardMethod::HasBoundedTime() const {
  const std::shared_ptr<torch::jit::Graph> graph =
      torch::jit::toGraphFunction(*function_).graph()->copy();
  torch::jit::Inline(*graph);
  return sconce::HasBoundedTime(*graph->block());
}

absl::StatusOr<c10::IValue> ForwardMethod::Run(
    absl::Span<const at::Tensor> inputs) const {
  torch::jit::Stack stack = stack_;
  for (size_t i = 0; i < inputs.size(); ++i) stack[positions_[i]] = inputs[i];
  RETURN_IF_ERROR(TorchCall([&] {
    c10::InferenceMode inference_mode;
    function_->run(stack);
  }));
  return std::move(stack.back());
}

}  // namespace sconce
