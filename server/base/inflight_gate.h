// InflightGate: stop new work, then know when the old work is done.
#ifndef SERVER_BASE_INFLIGHT_GATE_H_
#define SERVER_BASE_INFLIGHT_GATE_H_

#include <atomic>
#include <cstdint>
#include <functional>

#include "server/base/clock.h"
#include "server/base/mutex.h"

namespace sconce {

// Counts work in flight. Each successful Enter() is matched by one Leave().
// While it is closed no work enters. Thread-safe. Entering and leaving an open
// gate are one atomic operation each, without a lock; nobody touches the gate
// after the Leave() that made it idle, so that whoever waited may destroy it.
class InflightGate {
 public:
  InflightGate() = default;
  InflightGate(const InflightGate&) = delete;
  InflightGate& operator=(const InflightGate&) = delete;

  // Returns false when the gate is closed; then Leave() must not be called.
  [[nodiscard]] bool Enter() {
    // Acquire: who finds it closed sees what was done before it was.
    if ((word_.load(std::memory_order_acquire) & kClosed) != 0) return false;
    const int64_t before = word_.fetch_add(kOne, std::memory_order_acquire);
    if ((before & kClosed) == 0) return true;
    Leave();  // it was closed meanwhile
    return false;
  }

  void Leave() {
    int64_t word = word_.load(std::memory_order_relaxed);
    while ((word & kAwaited) == 0) {
      if (word_.compare_exchange_weak(word, word - kOne,
                                      std::memory_order_release,
                                      std::memory_order_relaxed)) {
        return;
      }
    }
    LeaveAwaited();
  }

  // Idempotent; neither waits.
  void Close() { word_.fetch_or(kClosed, std::memory_order_acq_rel); }
  void Open() { word_.fetch_and(~kClosed, std::memory_order_acq_rel); }

  // Blocks until nothing is in flight or `deadline` passes; returns whether
  // nothing is in flight.
  bool WaitIdle(MonoTime deadline) ABSL_LOCKS_EXCLUDED(mu_);

  // Calls `on_idle` once, when nothing is in flight: before this returns, or
  // on the thread that leaves last. REQUIRES: closed for good; called once.
  void WhenIdle(std::function<void()> on_idle) ABSL_LOCKS_EXCLUDED(mu_);

  int64_t in_flight() const {
    return word_.load(std::memory_order_acquire) / kOne;
  }

 private:
  // Bits of word_; the count is above them.
  static constexpr int64_t kClosed = 1;
  static constexpr int64_t kAwaited = 2;  // somebody is to be told of idleness
  static constexpr int64_t kOne = 4;

  void LeaveAwaited() ABSL_LOCKS_EXCLUDED(mu_);

  std::atomic<int64_t> word_ = 0;
  Mutex mu_;
  CondVar idle_;
  std::function<void()> on_idle_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_BASE_INFLIGHT_GATE_H_
