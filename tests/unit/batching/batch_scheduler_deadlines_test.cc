// Deadlines and priorities at a BatchScheduler. A lane that runs something
// takes as long as its executor says.
#include <chrono>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/thread.h"
#include "server/core/retry_after.h"
#include "tests/unit/batching/batch_scheduler_fixture.h"
#include "tests/unit/batching/lane_fakes.h"

namespace sconce {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DeadlinesTest : public BatchSchedulerTest {
 protected:
  static constexpr auto kRun = milliseconds(10);

  // One that knows from a run that batches of one row take 10 ms.
  std::shared_ptr<BatchScheduler> MakeExperienced(BatchScheduler::Options o) {
    executor_.SetTook(kRun);
    auto scheduler = Make(std::move(o));
    Schedule(scheduler.get())->done.Wait();
    scheduler->Drain();
    return scheduler;
  }

  absl::Status ScheduleUntil(BatchScheduler* scheduler, MonoDuration left) {
    last_ = NewTask();
    last_->deadline = clock_.Now() + left;
    return scheduler->Schedule(last_);
  }

  RecordingTask* ScheduleLevel(BatchScheduler* scheduler, int64_t priority) {
    RecordingTask* const task = NewTask();
    task->priority = priority;
    EXPECT_TRUE(scheduler->Schedule(task).ok());
    return task;
  }

  RecordingTask* last_ = nullptr;
};

TEST_F(DeadlinesTest, WhatCanBeAnsweredInTimeIsAdmitted) {
  const auto scheduler = MakeExperienced({});
  BusyLanes busy(&pool_);
  EXPECT_TRUE(ScheduleUntil(scheduler.get(), milliseconds(12)).ok());
  busy.Release();
  scheduler->Drain();
}

TEST_F(DeadlinesTest, WhatCannotIsRefusedAtOnce) {
  const auto scheduler = MakeExperienced({});
  BusyLanes busy(&pool_);
  for (int i = 0; i < 4; ++i) Schedule(scheduler.get());
  // Four runs are ahead on two lanes, then its own, and a margin of 20 %.
  const absl::Status refused = ScheduleUntil(scheduler.get(), milliseconds(34));
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("model 'net' cannot answer in time: the deadline is in "
                        "34 ms, and with the requests that came before it "
                        "takes up to 36 ms"));
  EXPECT_EQ(RetryAfter(refused), milliseconds(2));
  EXPECT_EQ(scheduler->queued(), 4);
  EXPECT_TRUE(ScheduleUntil(scheduler.get(), milliseconds(36)).ok());
  busy.Release();
  scheduler->Drain();
}

TEST_F(DeadlinesTest, ALaneIsBusyForWhatItsBatchTakes) {
  executor_.SetTook(std::chrono::hours(1));
  MonoDuration running;
  executor_.SetBefore([&] { running = pool_.Load().running; });
  const auto scheduler = Make(4);
  Schedule(scheduler.get())->done.Wait();
  scheduler->Drain();
  BusyLanes busy(&pool_);
  // The lane is asked for when only the first has come.
  for (int i = 0; i < 2; ++i) Schedule(scheduler.get());
  busy.Release();
  scheduler->Drain();
  EXPECT_GT(running, std::chrono::minutes(119));
}

TEST_F(DeadlinesTest, ARequestWithoutDeadlineIsNeverTooLate) {
  const auto scheduler = MakeExperienced({});
  BusyLanes busy(&pool_);
  for (int i = 0; i < 50; ++i) Schedule(scheduler.get());
  busy.Release();
  scheduler->Drain();
}

TEST_F(DeadlinesTest, ABatchCountsWithWhatWaits) {
  const auto scheduler = MakeExperienced({.rules = {.max_rows = 4}});
  BusyLanes busy(&pool_);
  for (int i = 0; i < 2; ++i) Schedule(scheduler.get());
  // A batch of three was never run: three times one row, and the margin.
  EXPECT_FALSE(ScheduleUntil(scheduler.get(), milliseconds(35)).ok());
  EXPECT_TRUE(ScheduleUntil(scheduler.get(), milliseconds(36)).ok());
  busy.Release();
  scheduler->Drain();
}

TEST_F(DeadlinesTest, NothingIsRefusedBeforeAnythingIsKnown) {
  const auto scheduler = Make(0);
  BusyLanes busy(&pool_);
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(ScheduleUntil(scheduler.get(), milliseconds(1)).ok());
  }
  busy.Release();
  scheduler->Drain();
}

TEST_F(DeadlinesTest, WhatIsLateAlreadyIsToldSo) {
  const auto scheduler = MakeExperienced({});
  BusyLanes busy(&pool_);
  for (const int us : {-1000, 0, 900}) {
    EXPECT_TRUE(
        ScheduleUntil(scheduler.get(), std::chrono::microseconds(us)).ok());
    clock_.Advance(milliseconds(1));
    scheduler->OnAlarm();
    EXPECT_TRUE(absl::IsDeadlineExceeded(last_->result.status()));
  }
  busy.Release();
  scheduler->Drain();
}

TEST_F(DeadlinesTest, ATimeThatDependsOnValuesRefusesNothingWhenIdle) {
  const auto scheduler = MakeExperienced({.bounded_time = false});
  EXPECT_TRUE(ScheduleUntil(scheduler.get(), milliseconds(5)).ok());
  last_->done.Wait();
  EXPECT_TRUE(last_->result.ok());
  scheduler->Drain();
}

TEST_F(DeadlinesTest, AnIdleModelIsTriedAgainNowAndThen) {
  const auto scheduler = MakeExperienced({.bounded_time = true});
  int refused = 0;
  while (!ScheduleUntil(scheduler.get(), milliseconds(5)).ok()) {
    ASSERT_LT(++refused, 100);
  }
  last_->done.Wait();
  EXPECT_TRUE(last_->result.ok());
  EXPECT_EQ(refused, 15);
  scheduler->Drain();
}

TEST_F(DeadlinesTest, AModelThatIsTooSlowIsNotToBeAskedAgain) {
  const auto scheduler = MakeExperienced({.bounded_time = true});
  const absl::Status refused = ScheduleUntil(scheduler.get(), milliseconds(5));
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("the deadline is in 5 ms, and the request takes up to "
                        "12 ms although nothing is ahead of it"));
  EXPECT_LT(RetryAfter(refused), milliseconds(0));
}

// What it learned while it was slow would else stay for ever.
TEST_F(DeadlinesTest, ItIsTriedAgainThoughTheLanesAreNeverFree) {
  const auto scheduler = MakeExperienced({.bounded_time = true});
  BusyLanes busy(&pool_);
  int refused = 0;
  while (!ScheduleUntil(scheduler.get(), milliseconds(5)).ok()) {
    ASSERT_LT(++refused, 100);
  }
  // One at a time: this one waits.
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(ScheduleUntil(scheduler.get(), milliseconds(5)).ok());
  }
  busy.Release();
  scheduler->Drain();
}

TEST_F(DeadlinesTest, OneThatIsFastAgainIsSoonAskedByAll) {
  const auto scheduler = MakeExperienced({.bounded_time = true});
  executor_.SetTook(milliseconds(1));
  int refused = 0;
  for (int in_a_row = 0; in_a_row < 5;) {
    if (ScheduleUntil(scheduler.get(), milliseconds(5)).ok()) {
      scheduler->Drain();
      ++in_a_row;
    } else {
      in_a_row = 0;
      ASSERT_LT(++refused, 100);
    }
  }
  EXPECT_EQ(refused, 15 + 7 + 3 + 1);
}

// The thread that brings them runs them.
TEST_F(DeadlinesTest, ShortBatchesDoNotWaitForBusyLanes) {
  executor_.SetTook(std::chrono::microseconds(5));
  const auto scheduler = Make({.bounded_time = true});
  while (!scheduler->IsShort()) {
    Schedule(scheduler.get())->done.Wait();
    scheduler->Drain();
  }
  BusyLanes busy(&pool_, seconds(1));
  EXPECT_FALSE(ScheduleUntil(scheduler.get(), milliseconds(100)).ok());
  absl::Status on_a_queue_thread;
  {
    Thread thread("queue", [&] {
      pool_.JoinThread();
      on_a_queue_thread = ScheduleUntil(scheduler.get(), milliseconds(100));
      pool_.RunWork();
    });
  }
  EXPECT_TRUE(on_a_queue_thread.ok()) << on_a_queue_thread;
  EXPECT_TRUE(last_->result.ok());
  busy.Release();
  scheduler->Drain();
}

TEST_F(DeadlinesTest, WhatWaitsIsAnsweredAtItsDeadline) {
  const auto scheduler = Make(0);
  BusyLanes busy(&pool_);
  ASSERT_TRUE(ScheduleUntil(scheduler.get(), milliseconds(7)).ok());
  clock_.Advance(milliseconds(6));
  scheduler->OnAlarm();
  EXPECT_FALSE(last_->done.HasBeenNotified());
  clock_.Advance(milliseconds(1));
  scheduler->OnAlarm();
  ASSERT_TRUE(last_->done.HasBeenNotified());
  EXPECT_TRUE(absl::IsDeadlineExceeded(last_->result.status()));
  EXPECT_EQ(scheduler->queued(), 0);
  busy.Release();
  scheduler->Drain();
}

TEST_F(DeadlinesTest, TheAlarmIsSetForIt) {
  const auto scheduler =
      BatchScheduler::Create({.model = "net", .alarms = pool_.alarms()}, &pool_,
                             &executor_, &telemetry_);
  BusyLanes busy(&pool_);
  RecordingTask* const late = NewTask();
  late->deadline = Clock::Real()->Now() + seconds(3600);
  ASSERT_TRUE(scheduler->Schedule(late).ok());
  RecordingTask* const early = NewTask();
  early->deadline = Clock::Real()->Now() + milliseconds(20);
  ASSERT_TRUE(scheduler->Schedule(early).ok());
  early->done.Wait();
  EXPECT_TRUE(absl::IsDeadlineExceeded(early->result.status()));
  EXPECT_FALSE(late->done.HasBeenNotified());
  busy.Release();
  scheduler->Drain();
}

TEST_F(DeadlinesTest, WhatHasNoHopeMakesRoomForOthers) {
  const auto scheduler = MakeExperienced({});
  BusyLanes busy(&pool_);
  ASSERT_TRUE(ScheduleUntil(scheduler.get(), milliseconds(20)).ok());
  RecordingTask* const hopeless = last_;
  RecordingTask* const other = Schedule(scheduler.get());
  clock_.Advance(milliseconds(15));
  busy.Release();
  other->done.Wait();
  EXPECT_FALSE(hopeless->done.HasBeenNotified());
  clock_.Advance(milliseconds(5));
  scheduler->OnAlarm();
  EXPECT_TRUE(absl::IsDeadlineExceeded(hopeless->result.status()));
  scheduler->Drain();
}

TEST_F(DeadlinesTest, ABatchWaitsForAsLongAsItMay) {
  const auto scheduler =
      Make({.rules = {.max_rows = 4, .max_delay = milliseconds(50)}});
  Schedule(scheduler.get());
  scheduler->OnAlarm();
  EXPECT_EQ(scheduler->queued(), 1);
  clock_.Advance(milliseconds(50));
  scheduler->OnAlarm();
  scheduler->Drain();
  EXPECT_THAT(executor_.batches(), ElementsAre(testing::SizeIs(1)));
}

TEST_F(DeadlinesTest, AndRunsWhenItIsFull) {
  const auto scheduler =
      Make({.rules = {.max_rows = 2, .max_delay = seconds(3600)}});
  Schedule(scheduler.get());
  Schedule(scheduler.get());
  scheduler->Drain();
  EXPECT_THAT(executor_.batches(), ElementsAre(testing::SizeIs(2)));
}

TEST_F(DeadlinesTest, HigherPrioritiesGoFirst) {
  const auto scheduler = Make({.default_priority = 2});
  LanePool one_lane({.lanes = 1});
  scheduler->SetLanes(&one_lane);
  BusyLanes busy(&one_lane);
  RecordingTask* const low = ScheduleLevel(scheduler.get(), 3);
  RecordingTask* const normal_1 = ScheduleLevel(scheduler.get(), 2);
  RecordingTask* const normal_2 = ScheduleLevel(scheduler.get(), 2);
  RecordingTask* const high = ScheduleLevel(scheduler.get(), 1);
  busy.Release();
  scheduler->Drain();
  EXPECT_THAT(executor_.batches(),
              ElementsAre(ElementsAre(high), ElementsAre(normal_1),
                          ElementsAre(normal_2), ElementsAre(low)));
}

TEST_F(DeadlinesTest, AlsoBeforeOtherModels) {
  LanePool one_lane({.lanes = 1});
  const auto make = [&](const char* name) {
    return BatchScheduler::Create(
        {.model = name, .default_priority = 2, .clock = &clock_}, &one_lane,
        &executor_, &telemetry_);
  };
  const auto a = make("a");
  const auto b = make("b");
  BusyLanes busy(&one_lane);
  RecordingTask* const first = ScheduleLevel(a.get(), 2);
  RecordingTask* const low = ScheduleLevel(b.get(), 3);
  RecordingTask* const high = ScheduleLevel(b.get(), 1);
  busy.Release();
  a->Drain();
  b->Drain();
  EXPECT_THAT(
      executor_.batches(),
      ElementsAre(ElementsAre(high), ElementsAre(first), ElementsAre(low)));
}

}  // namespace
}  // namespace sconce
