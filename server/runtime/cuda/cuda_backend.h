// CudaBackend: the GPUs of this machine, and the module's entry.
#ifndef SERVER_RUNTIME_CUDA_CUDA_BACKEND_H_
#define SERVER_RUNTIME_CUDA_CUDA_BACKEND_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "server/device/device_backend.h"
#include "server/runtime/cuda/nvml.h"

namespace sconce {

// Immutable after construction; thread-safe.
class CudaBackend : public DeviceBackend {
 public:
  // REQUIRES: LibTorch's CUDA half is loaded.
  CudaBackend();

  // Without a device, also why.
  std::string description() const override { return description_; }
  int count() const override { return count_; }
  absl::StatusOr<std::unique_ptr<Device>> Open(int index,
                                               double memory_fraction) override;
  DeviceActivity activity(int index) const override;

 private:
  const std::unique_ptr<const Nvml> nvml_;  // null without it
  int count_ = 0;
  std::string description_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_CUDA_CUDA_BACKEND_H_
