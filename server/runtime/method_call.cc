#include "server/runtime/method_call.h"

#include <utility>

#include "server/base/status_macros.h"
#include "server/runtime/torch_error.h"

namespace sconce {

MethodCall::MethodCall(const ModuleMethod* method, const Options& options)
    : method_(method), options_(options) {
  DeviceSeat* const seat = DeviceSeat::Current();
  if (seat != nullptr) device_.emplace(seat, options.priority);
}

absl::Status MethodCall::Bind(absl::Span<InferTask* const> tasks) {
  if (device_) {
    ASSIGN_OR_RETURN(stack_, device_->Bind(*method_, tasks));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(stack_, method_->Bind(tasks));
  if (method_->device().is_cpu()) return absl::OkStatus();
  return TorchCall([&] {
    for (size_t i = 1; i < stack_.size(); ++i) {
      stack_[i] = stack_[i].deepcopy(method_->device());
    }
  });
}

// Graphs have the addresses of one stream's work.
bool MethodCall::MayReplay() const {
  return device_ && options_.graphs != nullptr && options_.graphs->size() > 0 &&
         options_.priority == StreamPriority::kNormal;
}

absl::StatusOr<std::vector<NamedTensor>> MethodCall::Call(Prepare prepare) {
  RETURN_IF_ERROR(prepare(&stack_));
  if (MayReplay()) {
    ASSIGN_OR_RETURN(auto outputs,
                     options_.graphs->Replay(DeviceSeat::Current()->lane(),
                                             stack_, options_.stackable));
    if (outputs) return *std::move(outputs);
  }
  ASSIGN_OR_RETURN(const c10::IValue value, method_->Run(std::move(stack_)));
  return FlattenOutput(value);
}

absl::StatusOr<std::vector<NamedTensor>> MethodCall::Run(Prepare prepare) {
  if (!device_) return Call(prepare);
  return device_->Run([&] { return Call(prepare); });
}

absl::StatusOr<std::vector<NamedTensor>> MethodCall::Run() {
  return Run([](torch::jit::Stack*) { return absl::OkStatus(); });
}

}  // namespace sconce
