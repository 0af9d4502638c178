#include "server/device/stuck_runs.h"

namespace sconce {

void StuckRuns::Add(int difference, MonoTime now) {
  MutexLock lock(&mu_);
  if (count_ == 0 || difference < 0) since_ = now;
  count_ += difference;
}

bool StuckRuns::AreHopeless(MonoTime now) const {
  MutexLock lock(&mu_);
  return count_ > 0 && now - since_ > patience_;
}

}  // namespace sconce
