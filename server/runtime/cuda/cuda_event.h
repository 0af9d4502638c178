// CudaEvent: a cudaEvent_t.
#ifndef SERVER_RUNTIME_CUDA_CUDA_EVENT_H_
#define SERVER_RUNTIME_CUDA_CUDA_EVENT_H_

#include <cuda_runtime_api.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "server/device/device.h"
#include "server/runtime/cuda/cuda_calls.h"

namespace sconce {

// Made when it is recorded first, because MakeEvent() cannot fail. One thread
// at a time.
class CudaEvent : public DeviceEvent {
 public:
  // `calls` is borrowed and outlives it. Without times a query is faster.
  CudaEvent(CudaCalls* calls, bool with_times)
      : calls_(calls), with_times_(with_times) {}
  // Does not wait: CUDA frees an event of unfinished work later.
  ~CudaEvent() override;

  absl::StatusOr<bool> IsDone() override;
  absl::StatusOr<MonoDuration> TimeSince(DeviceEvent* begin) override;

  absl::Status RecordOn(cudaStream_t stream);
  absl::Status HoldBack(cudaStream_t stream);

 private:
  CudaCalls* const calls_;
  const bool with_times_;
  cudaEvent_t event_ = nullptr;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_CUDA_CUDA_EVENT_H_
