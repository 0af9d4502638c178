#include "tests/support/fake_device/fake_faults.h"

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/device/device_error.h"

namespace sconce {

void FakeFaults::Fail(FakeCall call, int n) {
  MutexLock lock(&mu_);
  left_[call] = n;
}

void FakeFaults::FailDeviceAfter(int calls) {
  MutexLock lock(&mu_);
  calls_left_ = calls;
}

void FakeFaults::FailDevice() { FailDeviceAfter(0); }

absl::Status FakeFaults::Begin(FakeCall call) {
  MutexLock lock(&mu_);
  RETURN_IF_ERROR(CheckLocked());
  if (calls_left_ > 0) --calls_left_;
  const auto left = left_.find(call);
  if (left == left_.end() || --left->second > 0) return absl::OkStatus();
  left_.erase(left);
  return FaultOf(call);
}

absl::Status FakeFaults::Check() const {
  MutexLock lock(&mu_);
  return CheckLocked();
}

absl::Status FakeFaults::CheckLocked() const {
  if (calls_left_ != 0) return absl::OkStatus();
  return DeviceFailure(device_, "the test asked for it");
}

absl::Status FakeFaults::FaultOf(FakeCall call) const {
  if (call == FakeCall::kAllocate || call == FakeCall::kRun) {
    return absl::ResourceExhaustedError(
        absl::StrCat("device '", device_, "' is out of memory"));
  }
  return absl::InternalError(
      absl::StrCat("device '", device_, "': the call failed"));
}

}  // namespace sconce
