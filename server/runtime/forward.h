// ForwardMethod: a module's forward, called with tensors.
#ifndef SERVER_RUNTIME_FORWARD_H_
#define SERVER_RUNTIME_FORWARD_H_

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/api/module.h>

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace sconce {

// Keeps the module. Run() is thread-safe as long as the module does not
// change itself, which ModuleOptimizer makes sure of.
class ForwardMethod {
 public:
  // UNIMPLEMENTED when an argument without a default is no tensor.
  static absl::StatusOr<ForwardMethod> Create(torch::jit::Module module);

  // Calls forward in inference mode with the first tensors of
  // input_arguments(); the others keep their defaults. Errors as TorchCall.
  absl::StatusOr<c10::IValue> Run(absl::Span<const at::Tensor> inputs) const;

  // Whether the sizes of the inputs bound the time of a call: no loop, and no
  // number read out of a tensor, which could be a size.
  bool HasBoundedTime() const;

  const torch::jit::Module& module() const { return module_; }

  // The arguments that are tensors, without self.
  const std::vector<c10::Argument>& input_arguments() const {
    return input_arguments_;
  }

 private:
  explicit ForwardMethod(torch::jit::Module module);

  absl::Status BindArguments();

  torch::jit::Module module_;
  torch::jit::Function* function_;  // the module's

  // The call's stack with every default in place; tensor argument i goes to
  // stack_[positions_[i]].
  std::vector<c10::IValue> stack_;
  std::vector<size_t> positions_;
  std::vector<c10::Argument> input_arguments_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_FORWARD_H_
