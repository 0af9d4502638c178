#include "server/rpc/idle_park.h"

namespace sconce {

void IdlePark::OnConnection() {
  MutexLock lock(&mu_);
  ++accepted_;
  changed_.SignalAll();
}

void IdlePark::Open() {
  MutexLock lock(&mu_);
  open_ = true;
  changed_.SignalAll();
}

void IdlePark::Wait() {
  int64_t seen = 0;
  {
    MutexLock lock(&mu_);
    seen = accepted_;
  }
  // One that comes after the count is seen by its number.
  if (count_connections_() > 0) return;
  MutexLock lock(&mu_);
  while (!open_ && accepted_ == seen) changed_.Wait(&mu_);
}

}  // namespace sconce
