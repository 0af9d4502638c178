// CudaCalls: the only way from this module to CUDA and LibTorch's CUDA half.
#ifndef SERVER_RUNTIME_CUDA_CUDA_CALLS_H_
#define SERVER_RUNTIME_CUDA_CUDA_CALLS_H_

#include <c10/core/Device.h>
#include <cuda_runtime_api.h>

#include <atomic>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "server/base/mutex.h"

namespace sconce {

// One for each device. Makes the device current for each call, because a thread
// begins with device 0, which this process may not be meant to touch; turns
// codes and exceptions into statuses; keeps the failure that ended the device.
// Owned by its CudaDevice. Thread-safe.
class CudaCalls {
 public:
  // `index` is LibTorch's.
  CudaCalls(int index, std::string name);
  ~CudaCalls();
  CudaCalls(const CudaCalls&) = delete;
  CudaCalls& operator=(const CudaCalls&) = delete;

  // Begins to use the device. First of all.
  absl::Status Init();

  const std::string& name() const { return name_; }
  c10::Device device() const { return device_; }
  c10::DeviceIndex index() const { return device_.index(); }

  // No copy and no operator ever runs there.
  cudaStream_t quiet_stream() const { return quiet_stream_; }

  // Calls `body` with the device current. Not called any more once the device
  // has failed. REQUIRES, while this thread records a graph: `body` succeeds.
  absl::Status Call(absl::FunctionRef<cudaError_t()> body);

  // OK, or the DeviceFailure that struck; does not block. REQUIRES: this thread
  // does not record a graph.
  absl::Status Check();

  // The DeviceFailure that is behind `error` if there is one, else `error`,
  // which came from operators and knows only words. As Check().
  absl::Status Explain(absl::Status error);

  // As Device::Fail().
  absl::Status Fail(absl::string_view what) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  absl::Status Convert(absl::FunctionRef<cudaError_t()> body);
  absl::Status FromCode(cudaError_t code);
  cudaError_t Ask();
  absl::Status failure() const ABSL_LOCKS_EXCLUDED(mu_);

  const c10::Device device_;
  const std::string name_;
  // Constant after Init().
  cudaStream_t quiet_stream_ = nullptr;
  cudaEvent_t probe_ = nullptr;  // what Check() asks

  std::atomic<bool> failed_ = false;  // true once failure_ is set
  mutable Mutex mu_;
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_CUDA_CUDA_CALLS_H_
