// EventPoller: waits for events of devices without blocking one.
#ifndef SERVER_DEVICE_EVENT_POLLER_H_
#define SERVER_DEVICE_EVENT_POLLER_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"

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

 private:
  struct Waiter;

  void PollMain() ABSL_LOCKS_EXCLUDED(mu_);

  Mutex mu_;
  CondVar waiting_;  // for the poller: somebody waits, or it ends
  CondVar done_;     // for those who wait
  std::vector<Waiter*> waiters_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<Thread> thread_;  // last: ends first
};

}  // namespace sconce

#endif  // SERVER_DEVICE_EVENT_POLLER_H_
