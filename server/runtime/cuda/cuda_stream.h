// CudaStream: a stream of LibTorch's, for operators and for copies.
#ifndef SERVER_RUNTIME_CUDA_CUDA_STREAM_H_
#define SERVER_RUNTIME_CUDA_CUDA_STREAM_H_

#include <c10/cuda/CUDAStream.h>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

#include "server/device/device.h"
#include "server/runtime/cuda/cuda_calls.h"
#include "server/runtime/cuda/cuda_stream_pool.h"

namespace sconce {

// Returns its stream to the pool at the end. Thread-safe.
class CudaStream : public DeviceStream {
 public:
  // Both are borrowed and outlive it. `stream` is the pool's, with `priority`.
  CudaStream(CudaCalls* calls, CudaStreamPool* pool, StreamPriority priority,
             c10::cuda::CUDAStream stream)
      : calls_(calls), pool_(pool), priority_(priority), stream_(stream) {}
  ~CudaStream() override { pool_->GiveBack(priority_, stream_); }

  c10::cuda::CUDAStream stream() const { return stream_; }

  absl::Status CopyIn(const void* host, void* device, size_t bytes) override;
  absl::Status CopyOut(const void* device, void* host, size_t bytes) override;
  absl::Status Record(DeviceEvent* event) override;
  absl::Status WaitFor(DeviceEvent* event) override;
  absl::Status Run(absl::FunctionRef<absl::Status()> body) override;

 private:
  absl::Status Copy(void* to, const void* from, size_t bytes,
                    cudaMemcpyKind kind);

  CudaCalls* const calls_;
  CudaStreamPool* const pool_;
  const StreamPriority priority_;
  const c10::cuda::CUDAStream stream_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_CUDA_CUDA_STREAM_H_
