// DeviceCall: a method's call on a lane of a device.
#ifndef SERVER_RUNTIME_DEVICE_CALL_H_
#define SERVER_RUNTIME_DEVICE_CALL_H_

#include <ATen/core/stack.h>
#include <c10/core/Device.h>

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "server/device/device_run.h"
#include "server/runtime/input_placer.h"
#include "server/runtime/module_method.h"
#include "server/runtime/output_flattener.h"

namespace sconce {

// The batch's inputs lie one after the other in the seat's staging memory and
// reach the device in one copy; its outputs come back into memory of their own,
// which lives as long as somebody holds the tensors. One thread, the seat's.
class DeviceCall : private InputPlacer {
 public:
  using Outputs = absl::StatusOr<std::vector<NamedTensor>>;

  DeviceCall(DeviceSeat* seat, StreamPriority priority);

  // As ModuleMethod::Bind(), with tensors of the device. What they hold is
  // there for the operators that Run() calls.
  absl::StatusOr<torch::jit::Stack> Bind(const ModuleMethod& method,
                                         absl::Span<InferTask* const> tasks);

  // Calls `call` where the device's operators run, and returns its outputs as
  // tensors of the host, when they are there. Errors beside those of `call`:
  // RESOURCE_EXHAUSTED, and a DeviceFailure in place of whatever came of it.
  Outputs Run(absl::FunctionRef<Outputs()> call);

 private:
  Place Add(c10::IntArrayRef sizes, c10::ScalarType type) override;
  // The same tensors in memory of the host, to which they are being copied.
  Outputs Download(const std::vector<NamedTensor>& made);
  // The DeviceFailure behind `error`, if there is one.
  absl::Status Judge(absl::Status error);

  DeviceLane* const lane_;
  const c10::Device device_;
  DeviceRun run_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_DEVICE_CALL_H_
