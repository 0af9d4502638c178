// CudaStreamPool: which of LibTorch's streams are in use.
#ifndef SERVER_RUNTIME_CUDA_CUDA_STREAM_POOL_H_
#define SERVER_RUNTIME_CUDA_CUDA_STREAM_POOL_H_

#include <c10/cuda/CUDAStream.h>

#include <vector>

#include "absl/status/statusor.h"

#include "server/base/mutex.h"
#include "server/device/device.h"
#include "server/runtime/cuda/cuda_calls.h"

namespace sconce {

// LibTorch has 32 streams of each priority for a device and hands them out in
// turns; who asks for the 33rd gets the first again. Two lanes on one stream
// would wait for each other, and the one's work would become part of a graph
// that the other records. So streams that are given back are given out again,
// and more than there are is refused. Thread-safe.
class CudaStreamPool {
 public:
  // `calls` is borrowed and outlives it.
  explicit CudaStreamPool(CudaCalls* calls) : calls_(calls) {}

  // RESOURCE_EXHAUSTED when all are in use.
  absl::StatusOr<c10::cuda::CUDAStream> Take(StreamPriority priority)
      ABSL_LOCKS_EXCLUDED(mu_);
  void GiveBack(StreamPriority priority, c10::cuda::CUDAStream stream)
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Streams {
    int made = 0;
    std::vector<c10::cuda::CUDAStream> idle;
  };

  absl::StatusOr<c10::cuda::CUDAStream> Make(StreamPriority priority);
  Streams& of(StreamPriority priority) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return priority == StreamPriority::kHigh ? high_ : normal_;
  }

  CudaCalls* const calls_;
  Mutex mu_;
  Streams normal_ ABSL_GUARDED_BY(mu_);
  Streams high_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_CUDA_CUDA_STREAM_POOL_H_
