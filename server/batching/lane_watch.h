// LaneWatch: what a lane runs and since when, so that a run that never returns
// can be taken off it.
#ifndef SERVER_BATCHING_LANE_WATCH_H_
#define SERVER_BATCHING_LANE_WATCH_H_

#include "absl/types/span.h"

#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/core/infer_task.h"

namespace sconce {

// Whoever runs a model, for the case that the run does not return.
class RunOwner {
 public:
  virtual ~RunOwner() = default;

  // The run has taken `took`. Finishes `tasks`, which the run has lost. On the
  // watchdog's thread; LaneWatch::End() waits for it, so that the owner lives.
  virtual void OnStuck(absl::Span<InferTask* const> tasks,
                       MonoDuration took) const = 0;
};

// One run of a model. What it points to outlives the run.
struct WatchedRun {
  const RunOwner* owner = nullptr;
  // To be answered if it does not return: those that it runs for, and those
  // that wait on the lane for their own runs after it.
  absl::Span<InferTask* const> tasks;
  MonoTime begin;
  MonoTime limit = kNoDeadline;  // when it counts as stuck
};

// One per lane. The lane begins and ends runs, the watchdog gives up one that
// takes too long. Either the lane ends a run or the watchdog gives it up, never
// both: that decides who answers. A lane that lost a run is stuck for good and
// leaves when the run returns after all. Thread-safe.
class LaneWatch {
 public:
  // The one of the lane that calls; null on threads that nobody watches.
  static LaneWatch* Current();

  // Whether the calling thread is a lane that lost its run.
  static bool IsCurrentStuck();

  // Makes this the calling thread's.
  void Attach();

  // REQUIRES: no run; not stuck.
  void Begin(const WatchedRun& run) ABSL_LOCKS_EXCLUDED(mu_);

  // Whether the run ended in time. If not, its tasks are answered, and may not
  // be touched any more. Waits while they are being answered.
  [[nodiscard]] bool End() ABSL_LOCKS_EXCLUDED(mu_);

  // For the watchdog: takes a run that is over its limit off the lane, and has
  // its owner answer. Returns whether there was one.
  bool GiveUp(MonoTime now) ABSL_LOCKS_EXCLUDED(mu_);

  bool is_stuck() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  enum class State { kIdle, kRunning, kAnswering, kStuck };

  mutable Mutex mu_;
  CondVar answered_;
  State state_ ABSL_GUARDED_BY(mu_) = State::kIdle;
  WatchedRun run_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_BATCHING_LANE_WATCH_H_
