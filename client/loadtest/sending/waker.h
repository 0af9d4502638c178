// Waker: a sleep until a time that others can cut short.
#ifndef CLIENT_LOADTEST_SENDING_WAKER_H_
#define CLIENT_LOADTEST_SENDING_WAKER_H_

#include <chrono>

#include "absl/base/thread_annotations.h"

#include "client/cpp/src/mutex.h"

namespace sconce::load {

// For one sleeper; Wake() is thread-safe.
class Waker {
 public:
  // Ends the sleep, or the next one when there is none.
  void Wake() ABSL_LOCKS_EXCLUDED(mu_);

  // Sleeps until `time` or a Wake(), whichever is first.
  void SleepUntil(std::chrono::steady_clock::time_point time)
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  Mutex mu_;
  CondVar changed_;
  bool awake_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_WAKER_H_
