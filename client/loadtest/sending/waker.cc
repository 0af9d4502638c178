#include "client/loadtest/sending/waker.h"

namespace sconce::load {

void Waker::Wake() {
  MutexLock lock(&mu_);
  awake_ = true;
  changed_.SignalAll();
}

void Waker::SleepUntil(std::chrono::steady_clock::time_point time) {
  MutexLock lock(&mu_);
  while (!awake_ && changed_.WaitUntil(&mu_, time)) {
  }
  awake_ = false;
}

}  // namespace sconce::load
