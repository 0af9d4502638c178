#include "server/device/event_poller.h"

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

#include "gtest/gtest.h"

#include "server/base/notification.h"
#include "server/device/device_error.h"

namespace sconce {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

class WithoutTimes : public DeviceEvent {
 public:
  absl::StatusOr<MonoDuration> TimeSince(DeviceEvent*) override {
    return absl::UnimplementedError("the poller does not ask");
  }
};

// Done when the test says so.
class TestEvent : public WithoutTimes {
 public:
  absl::StatusOr<bool> IsDone() override {
    ++asked;
    if (failed) return DeviceFailure("cuda:0", "the test asked for it");
    return done.load();
  }

  std::atomic<int> asked = 0;
  std::atomic<bool> done = false, failed = false;
};

// A thread that waits for an event.
class Waiter {
 public:
  Waiter(EventPoller* poller, DeviceEvent* event)
      : thread_("waiter", [this, poller, event] {
          status_ = poller->Wait(event);
          returned_.Notify();
        }) {}

  bool returned() const { return returned_.HasBeenNotified(); }
  absl::Status Result() {
    returned_.Wait();
    return status_;
  }

 private:
  absl::Status status_;
  Notification returned_;
  Thread thread_;
};

TEST(EventPollerTest, AnEventThatIsDoneIsAskedOnce) {
  EventPoller poller;
  TestEvent event;
  event.done = true;
  EXPECT_TRUE(poller.Wait(&event).ok());
  EXPECT_EQ(event.asked, 1);
}

TEST(EventPollerTest, AsksUntilTheEventIsDone) {
  EventPoller poller;
  // Done when it is asked for the 100th time, which takes naps.
  class : public WithoutTimes {
   public:
    absl::StatusOr<bool> IsDone() override { return ++asked == 100; }
    int asked = 0;
  } event;
  EXPECT_TRUE(poller.Wait(&event).ok());
  EXPECT_EQ(event.asked, 100);
}

TEST(EventPollerTest, EachWaiterReturnsWhenItsOwnEventIsDone) {
  EventPoller poller;
  std::deque<TestEvent> events(3);
  std::deque<Waiter> waiters;
  for (TestEvent& event : events) waiters.emplace_back(&poller, &event);
  events[1].done = true;
  EXPECT_TRUE(waiters[1].Result().ok());
  EXPECT_FALSE(waiters[0].returned());
  EXPECT_FALSE(waiters[2].returned());
  events[0].done = events[2].done = true;
}

TEST(EventPollerTest, AnErrorEndsTheWaitOfThatEventOnly) {
  EventPoller poller;
  TestEvent failing, other;
  Waiter failed(&poller, &failing), waiting(&poller, &other);
  failing.failed = true;
  EXPECT_TRUE(IsDeviceFailure(failed.Result()));
  EXPECT_FALSE(waiting.returned());
  other.done = true;
  EXPECT_TRUE(waiting.Result().ok());
}

TEST(EventPollerTest, IsThereForTheNextWaiterAfterARest) {
  EventPoller poller;
  for (int i = 0; i < 3; ++i) {
    TestEvent event;
    Waiter waiter(&poller, &event);
    event.done = true;
    EXPECT_TRUE(waiter.Result().ok());
  }
}

TEST(EventPollerTest, EndsWhenNobodyEverWaited) { EventPoller poller; }

TEST(EventPollerTest, NapsLongerTheLongerSomebodyWaited) {
  EXPECT_EQ(EventPoller::NapAfter(microseconds(0)), microseconds(0));
  EXPECT_EQ(EventPoller::NapAfter(microseconds(49)), microseconds(0));
  EXPECT_EQ(EventPoller::NapAfter(microseconds(160)), microseconds(20));
  EXPECT_EQ(EventPoller::NapAfter(seconds(10)), microseconds(50));
}

}  // namespace
}  // namespace sconce
