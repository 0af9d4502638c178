#include "server/base/alarm_clock.h"

#include <chrono>
#include <memory>

#include "gtest/gtest.h"

#include "server/base/notification.h"

namespace sconce {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class Sleeper : public Alarmed {
 public:
  void OnAlarm() override {
    woken_at_ = Clock::Real()->Now();
    woken_.Notify();
  }
  MonoTime Wait() {
    woken_.Wait();
    return woken_at_;
  }

 private:
  Notification woken_;
  MonoTime woken_at_;
};

MonoTime In(MonoDuration d) { return Clock::Real()->Now() + d; }

TEST(AlarmClockTest, NobodyIsWokenTooEarly) {
  AlarmClock clock;
  const auto sleeper = std::make_shared<Sleeper>();
  const MonoTime time = In(milliseconds(5));
  clock.Set(time, sleeper);
  EXPECT_GE(sleeper->Wait(), time);
}

TEST(AlarmClockTest, WhatIsDueIsToldAtOnce) {
  AlarmClock clock;
  const auto sleeper = std::make_shared<Sleeper>();
  clock.Set(MonoTime::min() + hours(1), sleeper);
  sleeper->Wait();
}

TEST(AlarmClockTest, AnEarlierAlarmIsNotHeldUpByALaterOne) {
  AlarmClock clock;
  const auto late = std::make_shared<Sleeper>();
  const auto early = std::make_shared<Sleeper>();
  clock.Set(In(hours(1)), late);
  clock.Set(In(milliseconds(5)), early);
  early->Wait();
}

TEST(AlarmClockTest, WhoIsGoneIsNotCalled) {
  AlarmClock clock;
  auto gone = std::make_shared<Sleeper>();
  const auto there = std::make_shared<Sleeper>();
  const MonoTime time = In(milliseconds(5));
  clock.Set(time, gone);
  clock.Set(time, there);
  gone.reset();
  there->Wait();
}

TEST(AlarmClockTest, EndsWithAlarmsThatAreSet) {
  AlarmClock clock;
  clock.Set(In(hours(1)), std::make_shared<Sleeper>());
  clock.Set(kNoDeadline, std::make_shared<Sleeper>());
}

}  // namespace
}  // namespace sconce
