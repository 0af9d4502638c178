#include "server/runtime/cuda/cuda_event.h"

#include <chrono>

#include "server/base/status_macros.h"

namespace sconce {

CudaEvent::~CudaEvent() {
  if (event_ == nullptr) return;
  calls_->Call([this] { return cudaEventDestroy(event_); }).IgnoreError();
}

absl::StatusOr<bool> CudaEvent::IsDone() {
  if (event_ == nullptr) return true;
  bool done = false;
  RETURN_IF_ERROR(calls_->Call([&] {
    const cudaError_t code = cudaEventQuery(event_);
    if (code != cudaErrorNotReady) {
      done = true;
      return code;
    }
    // Kept as the thread's "last error", as if it were one.
    (void)cudaGetLastError();
    return cudaSuccess;
  }));
  return done;
}

absl::Status CudaEvent::RecordOn(cudaStream_t stream) {
  return calls_->Call([&] {
    if (event_ == nullptr) {
      const cudaError_t made = cudaEventCreateWithFlags(
          &event_, with_times_ ? cudaEventDefault : cudaEventDisableTiming);
      if (made != cudaSuccess) return made;
    }
    return cudaEventRecord(event_, stream);
  });
}

absl::StatusOr<MonoDuration> CudaEvent::TimeSince(DeviceEvent* begin) {
  float milliseconds = 0;
  RETURN_IF_ERROR(calls_->Call([&] {
    return cudaEventElapsedTime(&milliseconds,
                                static_cast<CudaEvent*>(begin)->event_, event_);
  }));
  return std::chrono::duration_cast<MonoDuration>(
      std::chrono::duration<float, std::milli>(milliseconds));
}

absl::Status CudaEvent::HoldBack(cudaStream_t stream) {
  if (event_ == nullptr) return absl::OkStatus();
  return calls_->Call([&] { return cudaStreamWaitEvent(stream, event_, 0); });
}

}  // namespace sconce
