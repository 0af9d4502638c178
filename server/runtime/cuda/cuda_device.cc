#include "server/runtime/cuda/cuda_device.h"

#include <ATen/Context.h>
#include <c10/cuda/CUDACachingAllocator.h>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/runtime/cuda/cuda_event.h"
#include "server/runtime/cuda/cuda_graph.h"
#include "server/runtime/cuda/cuda_memory.h"
#include "server/runtime/cuda/cuda_stream.h"

namespace sconce {

namespace allocator = c10::cuda::CUDACachingAllocator;

absl::StatusOr<std::unique_ptr<Device>> CudaDevice::Open(
    int index, double memory_fraction) {
  auto device = std::unique_ptr<CudaDevice>(new CudaDevice(index));
  RETURN_IF_ERROR(device->Init(memory_fraction));
  return device;
}

CudaDevice::CudaDevice(int index)
    : calls_(index, absl::StrCat("cuda:", index)), streams_(&calls_) {}

absl::Status CudaDevice::Init(double memory_fraction) {
  RETURN_IF_ERROR(calls_.Call([] {
    at::globalContext().lazyInitDevice(c10::kCUDA);
    return cudaSuccess;
  }));
  RETURN_IF_ERROR(calls_.Init());
  size_t free = 0, total = 0;
  RETURN_IF_ERROR(calls_.Call([&] {
    allocator::setMemoryFraction(memory_fraction, calls_.index());
    return cudaMemGetInfo(&free, &total);
  }));
  total_ = static_cast<int64_t>(total);
  limit_ = static_cast<int64_t>(static_cast<double>(total) * memory_fraction);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<DeviceStream>> CudaDevice::MakeStream(
    StreamPriority priority) {
  ASSIGN_OR_RETURN(const c10::cuda::CUDAStream stream, streams_.Take(priority));
  return std::make_unique<CudaStream>(&calls_, &streams_, priority, stream);
}

std::unique_ptr<DeviceEvent> CudaDevice::MakeEvent() {
  return std::make_unique<CudaEvent>(&calls_, /*with_times=*/false);
}

std::unique_ptr<DeviceEvent> CudaDevice::MakeTimer() {
  return std::make_unique<CudaEvent>(&calls_, /*with_times=*/true);
}

absl::StatusOr<std::unique_ptr<DeviceMemory>> CudaDevice::Allocate(
    size_t bytes) {
  return AllocateOnDevice(&calls_, bytes);
}

absl::StatusOr<std::unique_ptr<DeviceMemory>> CudaDevice::AllocateHost(
    size_t bytes) {
  return AllocatePageLocked(&calls_, bytes);
}

absl::StatusOr<std::unique_ptr<DeviceGraph>> CudaDevice::Record(
    DeviceStream* stream, std::function<absl::Status()> body,
    DeviceGraph* beside) {
  return CudaGraph::Record(&calls_, static_cast<CudaStream*>(stream)->stream(),
                           static_cast<CudaGraph*>(beside), body);
}

DeviceMemoryUse CudaDevice::memory() const {
  DeviceMemoryUse use = {.total = total_, .limit = limit_};
  // A device that has failed uses nothing that anybody could count.
  calls_
      .Call([&] {
        const allocator::DeviceStats stats =
            allocator::getDeviceStats(calls_.index());
        constexpr auto kAll =
            static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
        use.allocated = stats.allocated_bytes[kAll].current;
        use.reserved = stats.reserved_bytes[kAll].current;
        return cudaSuccess;
      })
      .IgnoreError();
  return use;
}

void CudaDevice::FreeCache() {
  MutexLock lock(RecordingTurn());
  calls_
      .Call([] {
        allocator::emptyCache();
        return cudaSuccess;
      })
      .IgnoreError();
}

absl::Status CudaDevice::Synchronize() {
  MutexLock lock(RecordingTurn());
  return calls_.Call([] { return cudaDeviceSynchronize(); });
}

}  // namespace sconce
