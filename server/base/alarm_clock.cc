#include "server/base/alarm_clock.h"

#include <chrono>
#include <utility>

namespace sconce {
namespace {

MonoTime RoundUp(MonoTime time) {
  return std::chrono::ceil<std::chrono::milliseconds>(time);
}

}  // namespace

AlarmClock::~AlarmClock() {
  std::unique_ptr<Thread> thread;
  {
    MutexLock lock(&mu_);
    stopping_ = true;
    thread.swap(thread_);
  }
  changed_.SignalAll();
  // The thread is joined as it goes out of scope.
}

void AlarmClock::Set(MonoTime time, std::weak_ptr<Alarmed> who) {
  if (time == kNoDeadline) return;
  MutexLock lock(&mu_);
  if (stopping_) return;
  const auto added = alarms_.emplace(RoundUp(time), std::move(who));
  if (thread_ == nullptr) {
    thread_ = std::make_unique<Thread>("alarm", [this] { Main(); });
  }
  if (added == alarms_.begin()) changed_.Signal();
}

void AlarmClock::Main() {
  while (const auto next = Next()) {
    if (const auto who = next->lock()) who->OnAlarm();
  }
}

std::optional<std::weak_ptr<Alarmed>> AlarmClock::Next() {
  MutexLock lock(&mu_);
  while (!stopping_) {
    if (alarms_.empty()) {
      changed_.Wait(&mu_);
    } else if (alarms_.begin()->first > Clock::Real()->Now()) {
      changed_.WaitUntil(&mu_, alarms_.begin()->first);
    } else {
      return std::move(alarms_.extract(alarms_.begin()).mapped());
    }
  }
  return std::nullopt;
}

}  // namespace sconce
