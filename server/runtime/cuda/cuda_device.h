// CudaDevice: a GPU.
#ifndef SERVER_RUNTIME_CUDA_CUDA_DEVICE_H_
#define SERVER_RUNTIME_CUDA_CUDA_DEVICE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "server/device/device.h"
#include "server/runtime/cuda/cuda_calls.h"
#include "server/runtime/cuda/cuda_stream_pool.h"

namespace sconce {

// What is made here borrows it. Thread-safe.
class CudaDevice : public Device {
 public:
  // As DeviceBackend::Open().
  static absl::StatusOr<std::unique_ptr<Device>> Open(int index,
                                                      double memory_fraction);

  const std::string& name() const override { return calls_.name(); }
  const std::string& torch_name() const override { return calls_.name(); }

  absl::StatusOr<std::unique_ptr<DeviceStream>> MakeStream(
      StreamPriority priority) override;
  std::unique_ptr<DeviceEvent> MakeEvent() override;
  std::unique_ptr<DeviceEvent> MakeTimer() override;
  absl::StatusOr<std::unique_ptr<DeviceMemory>> Allocate(size_t bytes) override;
  absl::StatusOr<std::unique_ptr<DeviceMemory>> AllocateHost(
      size_t bytes) override;
  absl::StatusOr<std::unique_ptr<DeviceGraph>> Record(
      DeviceStream* stream, std::function<absl::Status()> body,
      DeviceGraph* beside) override;

  DeviceMemoryUse memory() const override;
  // Of all devices, because LibTorch has no other way; page-locked memory
  // stays.
  void FreeCache() override;
  absl::Status Synchronize() override;
  absl::Status Check() override { return calls_.Check(); }
  absl::Status Fail(absl::string_view what) override {
    return calls_.Fail(what);
  }

 private:
  explicit CudaDevice(int index);
  absl::Status Init(double memory_fraction);

  mutable CudaCalls calls_;
  CudaStreamPool streams_;
  // Constant after Init(), in bytes.
  int64_t total_ = 0;
  int64_t limit_ = 0;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_CUDA_CUDA_DEVICE_H_
