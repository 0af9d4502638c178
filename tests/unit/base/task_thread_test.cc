#include "server/base/task_thread.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/notification.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;

TEST(TaskThreadTest, RunsTasksInTheirOrder) {
  std::vector<int> ran;
  TaskThread thread("test");
  for (int i : {1, 2, 3}) thread.Post([&ran, i] { ran.push_back(i); });
  thread.Stop();
  EXPECT_THAT(ran, ElementsAre(1, 2, 3));
}

TEST(TaskThreadTest, ATaskMayPostAnother) {
  Notification done;
  TaskThread thread("test");
  thread.Post([&] { thread.Post([&] { done.Notify(); }); });
  done.Wait();
}

TEST(TaskThreadTest, AfterStopTasksAreThrownAway) {
  bool ran = false;
  TaskThread thread("test");
  thread.Stop();
  thread.Post([&] { ran = true; });
  thread.Stop();
  EXPECT_FALSE(ran);
}

TEST(TaskThreadTest, ATimerRunsWhenItsTimeHasCome) {
  Notification done;
  TaskThread thread("test");
  thread.SetTimer(Clock::Real()->Now(), [&] { done.Notify(); });
  done.Wait();
}

TEST(TaskThreadTest, ALaterTimerTakesTheEarlierOnesPlace) {
  bool first = false;
  Notification done;
  TaskThread thread("test");
  thread.SetTimer(kNoDeadline, [&] { first = true; });
  thread.SetTimer(Clock::Real()->Now(), [&] { done.Notify(); });
  done.Wait();
  EXPECT_FALSE(first);
}

TEST(TaskThreadTest, StoppingDoesNotWaitForATimer) {
  bool ran = false;
  TaskThread thread("test");
  thread.SetTimer(kNoDeadline, [&] { ran = true; });
  thread.Stop();
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace sconce
