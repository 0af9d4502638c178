// FakeFaults: what is to go wrong on a fake device.
#ifndef TESTS_SUPPORT_FAKE_DEVICE_FAKE_FAULTS_H_
#define TESTS_SUPPORT_FAKE_DEVICE_FAKE_FAULTS_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

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
  void FailDevice(absl::string_view what = "the test asked for it")
      ABSL_LOCKS_EXCLUDED(mu_);

  // The work of the n-th run from now on does not end before the device fails.
  void HangRun(int n) ABSL_LOCKS_EXCLUDED(mu_);
  // Whether that is the run that begins now; counts it.
  bool RunHangs() ABSL_LOCKS_EXCLUDED(mu_);
  void WaitForFailure() const ABSL_LOCKS_EXCLUDED(mu_);

  // Counts a call and says how it ends. Asking an event is none, since nobody
  // can tell how often that is done.
  absl::Status Begin(FakeCall call) ABSL_LOCKS_EXCLUDED(mu_);

  // OK, or the DeviceFailure.
  absl::Status Check() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void SetFailure(absl::string_view what) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status FaultOf(FakeCall call) const;

  const std::string device_;
  mutable Mutex mu_;
  mutable CondVar failed_;
  std::map<FakeCall, int> left_ ABSL_GUARDED_BY(mu_);  // until one fails
  // Until the device fails, or a run hangs; -1: never.
  int calls_left_ ABSL_GUARDED_BY(mu_) = -1;
  int runs_left_ ABSL_GUARDED_BY(mu_) = -1;
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_FAKE_DEVICE_FAKE_FAULTS_H_
