#include "server/device/event_poller.h"

#include <sys/prctl.h>

#include <algorithm>
#include <thread>

namespace sconce {
namespace {

using std::chrono::microseconds;

// A short kernel with its copies takes so long: such a batch is not late.
constexpr MonoDuration kEager = microseconds(50);
constexpr MonoDuration kLongestNap = microseconds(50);

// The kernel makes a sleep up to 50 us longer to wake several threads at once,
// unless a thread asks for less.
constexpr unsigned long kTimerSlackNanoseconds = 1000;

}  // namespace

// On the stack of the thread that waits. The poller owns it until `answered`.
struct EventPoller::Waiter {
  DeviceEvent* const event;
  absl::StatusOr<bool> done = false;  // the poller's thread only
  bool answered = false;              // guarded by mu_
  CondVar wake;
};

EventPoller::EventPoller() {
  thread_.emplace("device-poll", [this] { PollMain(); });
}

EventPoller::~EventPoller() {
  MutexLock lock(&mu_);
  stopping_ = true;
  changed_.SignalAll();
}

absl::Status EventPoller::Wait(DeviceEvent* event) {
  const absl::StatusOr<bool> done = event->IsDone();
  if (!done.ok() || *done) return done.status();

  Waiter waiter{event};
  MutexLock lock(&mu_);
  waiters_.push_back(&waiter);
  latest_ = Clock::Real()->Now();
  changed_.Signal();
  while (!waiter.answered) waiter.wake.Wait(&mu_);
  return waiter.done.status();
}

MonoDuration EventPoller::NapAfter(MonoDuration waited) {
  if (waited < kEager) return MonoDuration::zero();
  return std::min<MonoDuration>(waited / 8, kLongestNap);
}

void EventPoller::PollMain() {
  prctl(PR_SET_TIMERSLACK, kTimerSlackNanoseconds);
  while (true) {
    const std::vector<Waiter*> asked = NextRound();
    if (asked.empty()) return;
    for (Waiter* waiter : asked) waiter->done = waiter->event->IsDone();
    EndRound(asked);
    std::this_thread::yield();
  }
}

std::vector<EventPoller::Waiter*> EventPoller::NextRound() {
  MutexLock lock(&mu_);
  while (waiters_.empty() && !stopping_) changed_.Wait(&mu_);
  return waiters_;
}

void EventPoller::EndRound(const std::vector<Waiter*>& asked) {
  MutexLock lock(&mu_);
  bool none = true;
  for (Waiter* waiter : asked) {
    if (waiter->done.ok() && !*waiter->done) continue;
    none = false;
    waiters_.erase(std::find(waiters_.begin(), waiters_.end(), waiter));
    waiter->answered = true;
    // With the lock: afterwards the waiter may be gone.
    waiter->wake.Signal();
  }
  if (none) Nap();
}

void EventPoller::Nap() {
  const MonoTime now = Clock::Real()->Now();
  const MonoDuration nap = NapAfter(now - latest_);
  if (nap > MonoDuration::zero()) changed_.WaitUntil(&mu_, now + nap);
}

}  // namespace sconce
