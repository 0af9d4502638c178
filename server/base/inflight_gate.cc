#include "server/base/inflight_gate.h"

namespace sconce {

bool InflightGate::Enter() {
  MutexLock lock(&mu_);
  if (closed_) return false;
  ++in_flight_;
  return true;
}

void InflightGate::Leave() {
  MutexLock lock(&mu_);
  if (--in_flight_ == 0) idle_.SignalAll();
}

void InflightGate::Close() {
  MutexLock lock(&mu_);
  closed_ = true;
}

bool InflightGate::WaitIdle(MonoTime deadline) {
  MutexLock lock(&mu_);
  while (in_flight_ > 0 && idle_.WaitUntil(&mu_, deadline)) {
  }
  return in_flight_ == 0;
}

int64_t InflightGate::in_flight() const {
  MutexLock lock(&mu_);
  return in_flight_;
}

}  // namespace sconce
