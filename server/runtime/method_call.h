// MethodCall: one call of a method with the inputs of requests.
#ifndef SERVER_RUNTIME_METHOD_CALL_H_
#define SERVER_RUNTIME_METHOD_CALL_H_

#include <ATen/core/stack.h>

#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "server/device/device.h"
#include "server/runtime/call_graphs.h"
#include "server/runtime/device_call.h"
#include "server/runtime/module_method.h"
#include "server/runtime/output_flattener.h"

namespace sconce {

// The same for whoever runs a model: on a lane of a device (DeviceSeat) through
// its streams; elsewhere on the calling thread, to which a module on a device
// is a slow thing that copies and waits. One thread at a time.
class MethodCall {
 public:
  // What is done to the stack where the operators run.
  using Prepare = absl::FunctionRef<absl::Status(torch::jit::Stack* stack)>;

  struct Options {
    StreamPriority priority = StreamPriority::kNormal;
    const CallGraphs* graphs = nullptr;  // borrowed; of the method
    bool stackable = false;              // as CallGraphs::Replay() says
  };

  // `method` is borrowed.
  explicit MethodCall(const ModuleMethod* method)
      : MethodCall(method, Options()) {}
  MethodCall(const ModuleMethod* method, const Options& options);

  // Gathers the inputs. Errors as ModuleMethod::Bind().
  absl::Status Bind(absl::Span<InferTask* const> tasks);

  // Calls the method; the outputs are tensors of the host. Errors as
  // ModuleMethod::Run() and FlattenOutput(), and DeviceCall::Run(). Call once,
  // after Bind().
  absl::StatusOr<std::vector<NamedTensor>> Run(Prepare prepare);
  absl::StatusOr<std::vector<NamedTensor>> Run();

  // Whether it runs on a lane of a device.
  bool is_on_lane() const { return device_.has_value(); }

 private:
  bool MayReplay() const;
  absl::StatusOr<std::vector<NamedTensor>> Call(Prepare prepare);

  const ModuleMethod* const method_;
  const Options options_;
  std::optional<DeviceCall> device_;
  torch::jit::Stack stack_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_METHOD_CALL_H_
