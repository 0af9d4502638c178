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
  if (calls == 0) SetFailure("the test asked for it");
}

void FakeFaults::FailDevice(absl::string_view what) {
  MutexLock lock(&mu_);
  SetFailure(what);
}

void FakeFaults::SetFailure(absl::string_view what) {
  if (failure_.ok()) failure_ = DeviceFailure(device_, what);
  failed_.SignalAll();
}

void FakeFaults::HangRun(int n) {
  MutexLock lock(&mu_);
  runs_left_ = n;
}

bool FakeFaults::RunHangs() {
  MutexLock lock(&mu_);
  return runs_left_ > 0 && --runs_left_ == 0;
}

void FakeFaults::WaitForFailure() const {
  MutexLock lock(&mu_);
  while (failure_.ok()) failed_.Wait(&mu_);
}

absl::Status FakeFaults::Begin(FakeCall call) {
  MutexLock lock(&mu_);
  RETURN_IF_ERROR(failure_);
  if (calls_left_ > 0 && --calls_left_ == 0)
    SetFailure("the test asked for it");
  const auto left = left_.find(call);
  if (left == left_.end() || --left->second > 0) return absl::OkStatus();
  left_.erase(left);
  return FaultOf(call);
}

absl::Status FakeFaults::Check() const {
  MutexLock lock(&mu_);
  return failure_;
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
