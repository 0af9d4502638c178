#include "server/device/staging.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/numeric/bits.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

// Below this there is nothing to save by growing step by step.
constexpr size_t kLeastCapacity = 4096;

size_t RoundUp(size_t bytes) {
  return (bytes + Staging::kAlignment - 1) / Staging::kAlignment *
         Staging::kAlignment;
}

}  // namespace

absl::Status Staging::Begin(size_t bytes, size_t inputs) {
  used_ = 0;
  const size_t need = bytes + inputs * kAlignment;
  if (need <= capacity_) return absl::OkStatus();
  // First, so that the device never holds both the old and the new one.
  capacity_ = 0;
  host_.reset();
  on_device_.reset();
  return Allocate(absl::bit_ceil(std::max(need, kLeastCapacity)));
}

absl::Status Staging::Allocate(size_t bytes) {
  ASSIGN_OR_RETURN(auto on_device, device_->Allocate(bytes));
  ASSIGN_OR_RETURN(host_, device_->AllocateHost(bytes));
  on_device_ = std::move(on_device);
  capacity_ = bytes;
  return absl::OkStatus();
}

Staging::Place Staging::Add(size_t bytes) {
  const size_t offset = RoundUp(used_);
  if (offset > capacity_ || bytes > capacity_ - offset) std::abort();
  used_ = offset + bytes;
  const Place start = all();
  return {start.host + offset, start.device + offset};
}

Staging::Place Staging::all() const {
  if (capacity_ == 0) return {};
  return {static_cast<uint8_t*>(host_->data()),
          static_cast<uint8_t*>(on_device_->data())};
}

}  // namespace sconce
