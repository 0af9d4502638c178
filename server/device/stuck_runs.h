// StuckRuns: whether a device is blocked by work that does not end.
#ifndef SERVER_DEVICE_STUCK_RUNS_H_
#define SERVER_DEVICE_STUCK_RUNS_H_

#include "absl/base/thread_annotations.h"

#include "server/base/clock.h"
#include "server/base/mutex.h"

namespace sconce {

// Runs that were given up (LaneWatch) keep their stream: nobody can take work
// off a device, but the end of the process does. One that returns late did no
// lasting harm, so there is patience before that. Thread-safe.
class StuckRuns {
 public:
  explicit StuckRuns(MonoDuration patience) : patience_(patience) {}

  // One more was given up (+1), or one of them returned (-1).
  void Add(int difference, MonoTime now) ABSL_LOCKS_EXCLUDED(mu_);

  // Whether there are some, and none has returned for longer than the patience.
  bool AreHopeless(MonoTime now) const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  const MonoDuration patience_;
  mutable Mutex mu_;
  int count_ ABSL_GUARDED_BY(mu_) = 0;
  // When one returned last, or the first of them was given up.
  MonoTime since_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_DEVICE_STUCK_RUNS_H_
