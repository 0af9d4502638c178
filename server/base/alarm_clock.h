// AlarmClock: tells objects that a time has come.
#ifndef SERVER_BASE_ALARM_CLOCK_H_
#define SERVER_BASE_ALARM_CLOCK_H_

#include <map>
#include <memory>
#include <optional>

#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/thread.h"

namespace sconce {

class Alarmed {
 public:
  virtual ~Alarmed() = default;

  // On the clock's thread; should be short, the others wait.
  virtual void OnAlarm() = 0;
};

// Its thread "alarm" starts with the first alarm. Thread-safe.
class AlarmClock {
 public:
  AlarmClock() = default;
  ~AlarmClock();
  AlarmClock(const AlarmClock&) = delete;
  AlarmClock& operator=(const AlarmClock&) = delete;

  // Calls `who`, if it still lives, when `time` has come: up to a millisecond
  // later, so that many times close to each other are one.
  void Set(MonoTime time, std::weak_ptr<Alarmed> who) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Main() ABSL_LOCKS_EXCLUDED(mu_);
  // Waits for the next alarm; nothing: the clock is to end.
  std::optional<std::weak_ptr<Alarmed>> Next() ABSL_LOCKS_EXCLUDED(mu_);

  Mutex mu_;
  CondVar changed_;
  std::multimap<MonoTime, std::weak_ptr<Alarmed>> alarms_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::unique_ptr<Thread> thread_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_BASE_ALARM_CLOCK_H_
