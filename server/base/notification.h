// Notification: one event that happens at most once.
#ifndef SERVER_BASE_NOTIFICATION_H_
#define SERVER_BASE_NOTIFICATION_H_

#include "server/base/clock.h"
#include "server/base/mutex.h"

namespace sconce {

// Lets any number of threads wait for one event. Thread-safe. What the
// notifying thread wrote before Notify() is visible after a wait returns true.
class Notification {
 public:
  // REQUIRES: called at most once.
  void Notify() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    notified_ = true;
    changed_.SignalAll();
  }

  bool HasBeenNotified() const ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    return notified_;
  }

  void Wait() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    while (!notified_) changed_.Wait(&mu_);
  }

  // Returns whether the event happened before `deadline`.
  bool WaitUntil(MonoTime deadline) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    while (!notified_ && changed_.WaitUntil(&mu_, deadline)) {
    }
    return notified_;
  }

 private:
  mutable Mutex mu_;
  CondVar changed_;
  bool notified_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace sconce

#endif  // SERVER_BASE_NOTIFICATION_H_
