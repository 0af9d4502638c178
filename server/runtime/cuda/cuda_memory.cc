#include "server/runtime/cuda/cuda_memory.h"

#include <ATen/core/CachingHostAllocator.h>
#include <c10/cuda/CUDACachingAllocator.h>

#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sconce {
namespace {

// The pointer's deleter is its allocator's.
class TorchMemory : public DeviceMemory {
 public:
  TorchMemory(c10::DataPtr data, size_t size)
      : data_(std::move(data)), size_(size) {}

  void* data() const override { return data_.get(); }
  size_t size() const override { return size_; }

 private:
  const c10::DataPtr data_;
  const size_t size_;
};

absl::StatusOr<std::unique_ptr<DeviceMemory>> Allocate(
    CudaCalls* calls, absl::string_view kind, size_t bytes,
    absl::FunctionRef<c10::DataPtr()> allocate) {
  c10::DataPtr data;
  const absl::Status status = calls->Call([&] {
    data = allocate();
    return cudaSuccess;
  });
  if (absl::IsResourceExhausted(status)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("device '", calls->name(), "': no ", bytes, " bytes of ",
                     kind, " memory are left"));
  }
  if (!status.ok()) return status;
  return std::make_unique<TorchMemory>(std::move(data), bytes);
}

}  // namespace

absl::StatusOr<std::unique_ptr<DeviceMemory>> AllocateOnDevice(CudaCalls* calls,
                                                               size_t bytes) {
  return Allocate(calls, "the device's", bytes, [&] {
    auto* const allocator = c10::cuda::CUDACachingAllocator::get();
    void* const data =
        allocator->raw_alloc_with_stream(bytes, calls->quiet_stream());
    return c10::DataPtr(data, data, allocator->raw_deleter(), calls->device());
  });
}

absl::StatusOr<std::unique_ptr<DeviceMemory>> AllocatePageLocked(
    CudaCalls* calls, size_t bytes) {
  return Allocate(calls, "page-locked", bytes, [&] {
    return at::getHostAllocator(c10::kCUDA)->allocate(bytes);
  });
}

}  // namespace sconce
