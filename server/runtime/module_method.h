// ModuleMethod: one method of a module, called with the inputs of requests.
#ifndef SERVER_RUNTIME_MODULE_METHOD_H_
#define SERVER_RUNTIME_MODULE_METHOD_H_

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>
#include <c10/core/Device.h>
#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "server/runtime/arguments.h"
#include "server/runtime/precision_policy.h"

namespace sconce {

// Keeps the module. Bind() and Run() are thread-safe as long as the module
// does not change itself, which ModuleOptimizer makes sure of.
class ModuleMethod {
 public:
  // INVALID_ARGUMENT when there is no such method, UNIMPLEMENTED when it has
  // an argument that no input can carry.
  // `device`: where the module is.
  static absl::StatusOr<ModuleMethod> Create(
      torch::jit::Module module, const std::string& name = "forward",
      PrecisionPolicy precision = {}, c10::Device device = c10::kCPU);

  // The call's stack for a batch; see Arguments::Append.
  absl::StatusOr<torch::jit::Stack> Bind(absl::Span<InferTask* const> tasks,
                                         InputPlacer* placer = nullptr) const;

  // Calls the method in inference mode and in its precision, on the device of
  // the arguments. Errors as TorchCall.
  absl::StatusOr<c10::IValue> Run(torch::jit::Stack stack) const;

  // Bind() and Run() with one tensor per input, on the module's device.
  absl::StatusOr<c10::IValue> Run(absl::Span<const at::Tensor> tensors) const;

  // Whether the sizes of the inputs bound the time of a call: no loop, and no
  // number, read out of a tensor or sent by a client, that could be a size.
  bool HasBoundedTime() const;

  // The operator by which values of tensors decide what the code does, as
  // "aten::Bool"; empty when there is none.
  std::string ReaderOfValues() const;

  // The operator that may copy without waiting for it, as "aten::to"; empty
  // when there is none.
  std::string CopierWithoutWaiting() const;

  // Whether the code may do something else for another size.
  bool HasBranches() const;

  const std::string& name() const { return name_; }
  const PrecisionPolicy& precision() const { return precision_; }
  const std::vector<TensorSpec>& inputs() const { return arguments_.inputs(); }
  const c10::TypePtr& result() const;
  c10::Device device() const { return device_; }

 private:
  ModuleMethod(torch::jit::Module module, std::string name, Arguments arguments,
               PrecisionPolicy precision, c10::Device device);

  std::shared_ptr<torch::jit::Graph> InlinedGraph() const;

  torch::jit::Module module_;
  std::string name_;
  torch::jit::Function* function_;  // the module's
  Arguments arguments_;
  PrecisionPolicy precision_;
  c10::Device device_;
};

// The methods a client may call: all but those whose names begin with an
// underscore, which are private or belong to TorchScript.
std::vector<std::string> PublicMethods(const torch::jit::Module& module);

}  // namespace sconce

#endif  // SERVER_RUNTIME_MODULE_METHOD_H_
