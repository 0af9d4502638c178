#include "server/runtime/cuda/cuda_stream.h"

#include <c10/core/StreamGuard.h>

#include "server/base/status_macros.h"
#include "server/runtime/cuda/cuda_event.h"

namespace sconce {

absl::Status CudaStream::CopyIn(const void* host, void* device, size_t bytes) {
  return Copy(device, host, bytes, cudaMemcpyHostToDevice);
}

absl::Status CudaStream::CopyOut(const void* device, void* host, size_t bytes) {
  return Copy(host, device, bytes, cudaMemcpyDeviceToHost);
}

// Asynchronous, since the host's memory is page-locked; else CUDA would wait.
absl::Status CudaStream::Copy(void* to, const void* from, size_t bytes,
                              cudaMemcpyKind kind) {
  if (bytes == 0) return absl::OkStatus();
  return calls_->Call(
      [&] { return cudaMemcpyAsync(to, from, bytes, kind, stream_.stream()); });
}

absl::Status CudaStream::Record(DeviceEvent* event) {
  return static_cast<CudaEvent*>(event)->RecordOn(stream_.stream());
}

absl::Status CudaStream::WaitFor(DeviceEvent* event) {
  return static_cast<CudaEvent*>(event)->HoldBack(stream_.stream());
}

absl::Status CudaStream::Run(absl::FunctionRef<absl::Status()> body) {
  absl::Status done;
  RETURN_IF_ERROR(calls_->Call([&] {
    const c10::StreamGuard guard(stream_.unwrap());
    done = body();
    return cudaSuccess;
  }));
  // An operator meets the failure of a kernel long before it, in words.
  return done.ok() ? done : calls_->Explain(done);
}

}  // namespace sconce
