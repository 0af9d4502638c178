#include "server/base/notification.h"

#include <atomic>
#include <chrono>
#include <vector>

#include "gtest/gtest.h"

#include "server/base/thread.h"

namespace sconce {
namespace {

MonoTime Past() { return Clock::Real()->Now() - std::chrono::seconds(1); }

TEST(NotificationTest, StartsUnnotified) {
  const Notification event;
  EXPECT_FALSE(event.HasBeenNotified());
}

TEST(NotificationTest, RemembersTheEvent) {
  Notification event;
  event.Notify();
  EXPECT_TRUE(event.HasBeenNotified());
}

TEST(NotificationTest, WaitReturnsAtOnceAfterTheEvent) {
  Notification event;
  event.Notify();
  event.Wait();
}

TEST(NotificationTest, WaitUntilGivesUpAtTheDeadline) {
  Notification event;
  EXPECT_FALSE(event.WaitUntil(Past()));
}

TEST(NotificationTest, WaitUntilSeesAnEventBeforeThePassedDeadline) {
  Notification event;
  event.Notify();
  EXPECT_TRUE(event.WaitUntil(Past()));
}

TEST(NotificationTest, WaitUntilIsWokenByTheEvent) {
  Notification event;
  Thread other("notify", [&] { event.Notify(); });
  EXPECT_TRUE(event.WaitUntil(kNoDeadline));
}

TEST(NotificationTest, WhatWasWrittenBeforeIsVisibleAfterTheWait) {
  Notification event;
  int written = 0;  // plain on purpose: TSan checks the order
  Thread other("notify", [&] {
    written = 42;
    event.Notify();
  });
  event.Wait();
  EXPECT_EQ(written, 42);
}

TEST(NotificationTest, OneEventWakesAllWaiters) {
  Notification event;
  std::atomic<int> woken = 0;
  {
    std::vector<Thread> waiters;
    for (int i = 0; i < 4; ++i) {
      waiters.emplace_back("wait", [&] {
        event.Wait();
        ++woken;
      });
    }
    event.Notify();
  }
  EXPECT_EQ(woken, 4);
}

}  // namespace
}  // namespace sconce
