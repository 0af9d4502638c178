// FakeFaults: what is to go wrong on a fake device.
#ifndef TESTS_SUPPORT_FAKE_DEVICE_FAKE_FAULTS_H_
#define TESTS_SUPPORT_FAKE_DEVICE_FAKE_FAULTS_H_

#include <map>
#include <string>

#include "absl/status/status.h"

#include "server/base/mutex.h"

namespace sconce {

enum class FakeCall { kAllocate, kCopy, kRun, kOther };

// Thread-safe.
class FakeFaults {
 public:
  // `device` is its name, for messages.
  explicit FakeFaults(const std::string& device) : device_(device) {}

  // The n-th call from now on (1: the next) of that kind fails, once:
  // allocations and runs for lack of memory, others with INTERNAL.
  void Fail(FakeCall call, int n) ABSL_LOCKS_EXCLUDED(mu_);

  // After so many more calls of any kind the device fails for good.
  void FailDeviceAfter(int calls) ABSL_LOCKS_EXCLUDED(mu_);
  void FailDevice() ABSL_LOCKS_EXCLUDED(mu_);

  // Counts a call and says how it ends. Asking an event is none, since nobody
  // can tell how often that is done.
  absl::Status Begin(FakeCall call) ABSL_LOCKS_EXCLUDED(mu_);

  // OK, or the DeviceFailure.
  absl::Status Check() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  absl::Status CheckLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status FaultOf(FakeCall call) const;

  const std::string device_;
  mutable Mutex mu_;
  std::map<FakeCall, int> left_ ABSL_GUARDED_BY(mu_);  // until one fails
  int calls_left_ ABSL_GUARDED_BY(mu_) =
      -1;  // until the device does; -1: never
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_FAKE_DEVICE_FAKE_FAULTS_H_
