#include "server/runtime/device_call.h"

#include <ATen/ops/from_blob.h>

#include <memory>
#include <utility>

#include "server/base/status_macros.h"
#include "server/device/device_health.h"
#include "server/runtime/tensor_codec.h"
#include "server/runtime/torch_error.h"

namespace sconce {
namespace {

struct Size {
  size_t bytes = 0;
  size_t tensors = 0;
};

Size SizeOf(absl::Span<InferTask* const> tasks) {
  Size size;
  size.tensors = tasks[0]->inputs.size();
  for (const InferTask* task : tasks) {
    for (const InputTensor& input : task->inputs) {
      size.bytes += input.bytes.size();
    }
  }
  return size;
}

at::Tensor TensorOn(const c10::Device& device, void* bytes,
                    c10::IntArrayRef sizes, c10::ScalarType type,
                    std::function<void(void*)> deleter) {
  return at::for_blob(bytes, sizes)
      .deleter(std::move(deleter))
      .options(at::TensorOptions(type).device(device))
      .target_device(device)
      .make_tensor();
}

}  // namespace

DeviceCall::DeviceCall(DeviceSeat* seat, StreamPriority priority)
    : lane_(seat->lane()),
      device_(lane_->device()->torch_name()),
      run_(seat, priority) {}

InputPlacer::Place DeviceCall::Add(c10::IntArrayRef sizes,
                                   c10::ScalarType type) {
  const size_t bytes = static_cast<size_t>(c10::multiply_integers(sizes)) *
                       c10::elementSize(type);
  const Staging::Place place = run_.staging()->Add(bytes);
  return {TensorOn(device_, place.device, sizes, type, [](void*) {}),
          place.host};
}

absl::StatusOr<torch::jit::Stack> DeviceCall::Bind(
    const ModuleMethod& method, absl::Span<InferTask* const> tasks) {
  const Size size = SizeOf(tasks);
  RETURN_IF_ERROR(Judge(run_.staging()->Begin(size.bytes, size.tensors)));
  ASSIGN_OR_RETURN(torch::jit::Stack stack, method.Bind(tasks, this));
  RETURN_IF_ERROR(Judge(run_.Upload()));
  return stack;
}

DeviceCall::Outputs DeviceCall::Run(absl::FunctionRef<Outputs()> call) {
  std::vector<NamedTensor> made;
  const absl::Status computed = run_.Compute([&]() -> absl::Status {
    ASSIGN_OR_RETURN(made, call());
    return TorchCall([&] {
      for (NamedTensor& output : made) output.tensor = ToDense(output.tensor);
    });
  });
  RETURN_IF_ERROR(Judge(computed));
  Outputs outputs = Download(made);
  // `made` stays until nothing reads it any more.
  absl::Status done = run_.Wait();
  RETURN_IF_ERROR(Judge(outputs.status()));
  RETURN_IF_ERROR(Judge(std::move(done)));
  return outputs;
}

DeviceCall::Outputs DeviceCall::Download(const std::vector<NamedTensor>& made) {
  std::vector<NamedTensor> outputs;
  std::vector<DeviceCopy> copies;
  for (const NamedTensor& output : made) {
    if (output.tensor.device() != device_) {  // text, or a number
      outputs.push_back(output);
      continue;
    }
    ASSIGN_OR_RETURN(auto memory,
                     lane_->device()->AllocateHost(output.tensor.nbytes()));
    const std::shared_ptr<DeviceMemory> owner = std::move(memory);
    copies.push_back({output.tensor.const_data_ptr(), owner->data(),
                      output.tensor.nbytes()});
    outputs.push_back({output.name,
                       TensorOn(at::kCPU, owner->data(), output.tensor.sizes(),
                                output.tensor.scalar_type(), [owner](void*) {}),
                       output.strings});
  }
  RETURN_IF_ERROR(run_.Download(copies));
  return outputs;
}

absl::Status DeviceCall::Judge(absl::Status error) {
  if (error.ok()) return error;
  absl::Status failure = lane_->device()->Check();
  return lane_->health()->Note(failure.ok() ? std::move(error)
                                            : std::move(failure));
}

}  // namespace sconce
