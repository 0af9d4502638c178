#include "server/base/inflight_gate.h"

#include <utility>

namespace sconce {

// The lock is held while the count goes down, so that one who waits under it
// does not return, and destroy the gate, before this thread is done with it.
void InflightGate::LeaveAwaited() {
  std::function<void()> on_idle;
  {
    MutexLock lock(&mu_);
    const int64_t before = word_.fetch_sub(kOne, std::memory_order_acq_rel);
    if (before / kOne > 1) return;
    idle_.SignalAll();
    on_idle = std::exchange(on_idle_, nullptr);
  }
  if (on_idle) on_idle();
}

bool InflightGate::WaitIdle(MonoTime deadline) {
  MutexLock lock(&mu_);
  word_.fetch_or(kAwaited, std::memory_order_acq_rel);
  while (in_flight() > 0 && idle_.WaitUntil(&mu_, deadline)) {
  }
  return in_flight() == 0;
}

void InflightGate::WhenIdle(std::function<void()> on_idle) {
  {
    MutexLock lock(&mu_);
    word_.fetch_or(kAwaited, std::memory_order_acq_rel);
    if (in_flight() > 0) {
      on_idle_ = std::move(on_idle);
      return;
    }
  }
  on_idle();
}

}  // namespace sconce
