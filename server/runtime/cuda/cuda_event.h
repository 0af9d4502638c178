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
  // `calls` is borrowed and outlives it.
  explicit CudaEvent(CudaCalls* calls) : calls_(calls) {}
  // Does not wait: CUDA frees an event of unfinished work later.
  ~CudaEvent() override;

  absl::StatusOr<bool> IsDone() override;

  absl::Status RecordOn(cudaStream_t stream);
  absl::Status HoldBack(cudaStream_t stream);

 private:
  CudaCalls* const calls_;
  cudaEvent_t event_ = nullptr;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_CUDA_CUDA_EVENT_H_
