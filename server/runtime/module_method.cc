#include "server/runtime/module_method.h"

#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "server/base/status_macros.h"
#include "server/runtime/graph_traits.h"
#include "server/runtime/scalar_flow.h"
#include "server/runtime/torch_error.h"

namespace sconce {

absl::StatusOr<ModuleMethod> ModuleMethod::Create(torch::jit::Module module,
                                                  const std::string& name,
                                                  PrecisionPolicy precision,
                                                  c10::Device device) {
  const auto method = module.find_method(name);
  if (!method) {
    return absl::InvalidArgumentError(
        absl::StrCat("the module has no method '", name, "'; it has [",
                     absl::StrJoin(PublicMethods(module), ","), "]"));
  }
  ASSIGN_OR_RETURN(Arguments arguments,
                   Arguments::Create(method->function().getSchema()));
  return ModuleMethod(std::move(module), name, std::move(arguments),
                      std::move(precision), device);
}

ModuleMethod::ModuleMethod(torch::jit::Module module, std::string name,
                           Arguments arguments, PrecisionPolicy precision,
                           c10::Device device)
    : module_(std::move(module)),
      name_(std::move(name)),
      function_(&module_.get_method(name_).function()),
      arguments_(std::move(arguments)),
      precision_(std::move(precision)),
      device_(device) {}

const c10::TypePtr& ModuleMethod::result() const {
  return function_->getSchema().returns().at(0).type();
}

absl::StatusOr<torch::jit::Stack> ModuleMethod::Bind(
    absl::Span<InferTask* const> tasks, InputPlacer* placer) const {
  torch::jit::Stack stack;
  absl::Status appended;
  RETURN_IF_ERROR(TorchCall([&] {
    stack.reserve(1 + arguments_.inputs().size());
    stack.emplace_back(module_._ivalue());
    appended = arguments_.Append(tasks, placer, &stack);
  }));
  RETURN_IF_ERROR(appended);
  return stack;
}

absl::StatusOr<c10::IValue> ModuleMethod::Run(torch::jit::Stack stack) const {
  RETURN_IF_ERROR(TorchCall([&] {
    const c10::InferenceMode inference_mode;
    precision_.ConvertInputs(&stack);
    const PrecisionScope scope(precision_.settings(), DeviceOf(stack));
    function_->run(stack);
    precision_.ConvertOutputs(&stack.back());
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
  const auto graph = InlinedGraph();
  return sconce::HasBoundedTime(*graph) && ScalarsBoundNothing(*graph);
}

std::string ModuleMethod::ReaderOfValues() const {
  return sconce::ReaderOfValues(*InlinedGraph());
}

std::string ModuleMethod::CopierWithoutWaiting() const {
  return sconce::CopierWithoutWaiting(*InlinedGraph());
}

bool ModuleMethod::HasBranches() const {
  return sconce::HasBranches(*InlinedGraph());
}

std::shared_ptr<torch::jit::Graph> ModuleMethod::InlinedGraph() const {
  auto graph = torch::jit::toGraphFunction(*function_).graph()->copy();
  torch::jit::Inline(*graph);
  return graph;
}

std::vector<std::string> PublicMethods(const torch::jit::Module& module) {
  std::vector<std::string> names;
  for (const torch::jit::Method& method : module.get_methods()) {
    if (!absl::StartsWith(method.name(), "_")) names.push_back(method.name());
  }
  return names;
}

}  // namespace sconce
