// InflightGate: stop new work, then know when the old work is done.
#ifndef SERVER_BASE_INFLIGHT_GATE_H_
#define SERVER_BASE_INFLIGHT_GATE_H_

#include <cstdint>

#include "server/base/clock.h"
#include "server/base/mutex.h"

namespace sconce {

// Counts work in flight. Each successful Enter() is matched by one Leave().
// After Close() no work enters; WaitIdle() tells when what had entered left.
// Thread-safe.
class InflightGate {
 public:
  InflightGate() = default;
  InflightGate(const InflightGate&) = delete;
  InflightGate& operator=(const InflightGate&) = delete;

  // Returns false when the gate is closed; then Leave() must not be called.
  [[nodiscard]] bool Enter() ABSL_LOCKS_EXCLUDED(mu_);
  void Leave() ABSL_LOCKS_EXCLUDED(mu_);

  // Idempotent. Does not wait.
  void Close() ABSL_LOCKS_EXCLUDED(mu_);

  // Blocks until nothing is in flight or `deadline` passes; returns whether
  // nothing is in flight.
  bool WaitIdle(MonoTime deadline) ABSL_LOCKS_EXCLUDED(mu_);

  int64_t in_flight() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable Mutex mu_;
  CondVar idle_;
  int64_t in_flight_ ABSL_GUARDED_BY(mu_) = 0;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace sconce

#endif  // SERVER_BASE_INFLIGHT_GATE_H_
