// EventPoller: waits for events of devices without blocking one.
#ifndef SERVER_DEVICE_EVENT_POLLER_H_
#define SERVER_DEVICE_EVENT_POLLER_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"

#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/thread.h"
#include "server/device/device.h"

namespace sconce {

// One thread asks all events that somebody waits for, in turns, and sleeps
// while nobody does. So no lane calls a function of the device that waits: a
// lane that waits here sleeps on a condition variable. Thread-safe.
class EventPoller {
 public:
  EventPoller();
  // REQUIRES: nobody waits.
  ~EventPoller();
  EventPoller(const EventPoller&) = delete;
  EventPoller& operator=(const EventPoller&) = delete;

  // Until `event` is done. An error: what IsDone() said. `event` is the
  // poller's until this returns.
  absl::Status Wait(DeviceEvent* event) ABSL_LOCKS_EXCLUDED(mu_);

  // How long the poller sleeps before it asks again when the latest who came
  // has waited so long: not at all at first, then for an eighth of that time,
  // and never more than 50 us. So an answer is late by an eighth at most, and
  // while a batch takes milliseconds the poller takes little of a processor.
  static MonoDuration NapAfter(MonoDuration waited);

 private:
  struct Waiter;

  void PollMain() ABSL_LOCKS_EXCLUDED(mu_);
  // Those to ask, once there are any; none: the poller ends.
  std::vector<Waiter*> NextRound() ABSL_LOCKS_EXCLUDED(mu_);
  // Wakes those of `asked` who have an answer.
  void EndRound(const std::vector<Waiter*>& asked) ABSL_LOCKS_EXCLUDED(mu_);
  void Nap() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Mutex mu_;
  CondVar changed_;  // for the poller: somebody came, or it ends
  std::vector<Waiter*> waiters_ ABSL_GUARDED_BY(mu_);
  MonoTime latest_ ABSL_GUARDED_BY(mu_);  // when the last of them came
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<Thread> thread_;  // last: ends first
};

}  // namespace sconce

#endif  // SERVER_DEVICE_EVENT_POLLER_H_
