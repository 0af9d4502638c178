#include "tests/support/fake_device/fake_memory.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

// As CUDA's allocators do.
constexpr std::align_val_t kAlignment{256};

// What new memory holds: something, as on a device.
constexpr int kFill = 0xA5;

}  // namespace

class FakeMemory::Allocation : public DeviceMemory {
 public:
  Allocation(FakeMemory* owner, void* data, size_t size)
      : owner_(owner), data_(data), size_(size) {}
  ~Allocation() override {
    owner_->Free(reinterpret_cast<uintptr_t>(data_));
    ::operator delete(data_, kAlignment);
  }

  void* data() const override { return data_; }
  size_t size() const override { return size_; }

 private:
  FakeMemory* const owner_;
  void* const data_;
  const size_t size_;
};

absl::StatusOr<std::unique_ptr<DeviceMemory>> FakeMemory::Allocate(
    size_t bytes) {
  MutexLock lock(&mu_);
  if (static_cast<int64_t>(bytes) > limit_ - allocated_) {
    return absl::ResourceExhaustedError(
        absl::StrCat(name_, ": ", bytes, " more bytes do not fit: ", allocated_,
                     " of ", limit_, " are in use"));
  }
  void* data = ::operator new(std::max<size_t>(bytes, 1), kAlignment);
  std::memset(data, kFill, bytes);
  live_[reinterpret_cast<uintptr_t>(data)] = {++allocations_, bytes};
  allocated_ += static_cast<int64_t>(bytes);
  reserved_ = std::max(reserved_, allocated_);
  return std::make_unique<Allocation>(this, data, bytes);
}

int64_t FakeMemory::Find(const void* address, size_t bytes) const {
  const auto begin = reinterpret_cast<uintptr_t>(address);
  MutexLock lock(&mu_);
  auto live = live_.upper_bound(begin);
  if (live == live_.begin()) return 0;
  --live;
  const bool inside = begin + bytes <= live->first + live->second.bytes;
  return inside ? live->second.number : 0;
}

int64_t FakeMemory::allocated() const {
  MutexLock lock(&mu_);
  return allocated_;
}

int64_t FakeMemory::reserved() const {
  MutexLock lock(&mu_);
  return reserved_;
}

void FakeMemory::DropCache() {
  MutexLock lock(&mu_);
  reserved_ = allocated_;
}

void FakeMemory::Free(uintptr_t address) {
  MutexLock lock(&mu_);
  const auto live = live_.find(address);
  allocated_ -= static_cast<int64_t>(live->second.bytes);
  live_.erase(live);
}

}  // namespace sconce
