#include "server/batching/batch_scheduler.h"

#include <prometheus/registry.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/thread.h"
#include "server/core/retry_after.h"
#include "tests/unit/batching/batch_scheduler_fixture.h"
#include "tests/unit/batching/lane_fakes.h"

namespace sconce {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(BatchSchedulerTest, ALoneRequestDoesNotWaitForOthers) {
  const auto scheduler = Make(64);
  RecordingTask* const task = Schedule(scheduler.get());
  task->done.Wait();
  EXPECT_TRUE(task->result.ok());
}

TEST_F(BatchSchedulerTest, RequestsGatherWhileAllLanesAreBusy) {
  const auto scheduler = Make(64);
  BusyLanes busy(&pool_);
  RecordingTask* const first = Schedule(scheduler.get());
  RecordingTask* const second = Schedule(scheduler.get());
  RecordingTask* const third = Schedule(scheduler.get());
  busy.Release();
  scheduler->Drain();
  EXPECT_THAT(executor_.batches(),
              ElementsAre(ElementsAre(first, second, third)));
}

TEST_F(BatchSchedulerTest, ABatchIsBoundedByItsRows) {
  const auto scheduler = Make(2);
  BusyLanes busy(&pool_);
  for (int i = 0; i < 5; ++i) Schedule(scheduler.get());
  busy.Release();
  scheduler->Drain();
  EXPECT_THAT(executor_.batches(),
              testing::UnorderedElementsAre(SizeIs(2), SizeIs(2), SizeIs(1)));
}

TEST_F(BatchSchedulerTest, OnlySoManyBatchesRunAtTheSameTime) {
  Notification begun, release;
  std::atomic<int> executions = 0;
  executor_.SetBefore([&] {
    if (executions++ > 0) return;
    begun.Notify();
    release.Wait();
  });
  const auto limited = Make({.max_running = 1});
  const auto other = Make(0);
  Schedule(limited.get());
  begun.Wait();
  RecordingTask* const waiting = Schedule(limited.get());
  // The other lane is free: it takes these, after what came before them.
  for (int i = 0; i < 3; ++i) Schedule(other.get())->done.Wait();
  EXPECT_EQ(limited->queued(), 1);
  release.Notify();
  waiting->done.Wait();
  EXPECT_TRUE(waiting->result.ok());
  limited->Drain();
  other->Drain();
}

TEST_F(BatchSchedulerTest, WithoutBatchingRequestsRunAlone) {
  const auto scheduler = Make(0);
  BusyLanes busy(&pool_);
  Schedule(scheduler.get());
  Schedule(scheduler.get());
  busy.Release();
  scheduler->Drain();
  EXPECT_THAT(executor_.batches(), ElementsAre(SizeIs(1), SizeIs(1)));
}

TEST_F(BatchSchedulerTest, BatchingMayBeginLater) {
  const auto scheduler = Make(0);
  EXPECT_EQ(scheduler->max_batch_rows(), 0);
  BusyLanes busy(&pool_);
  RecordingTask* const early = Schedule(scheduler.get());
  scheduler->SetMaxBatchRows(4);
  EXPECT_EQ(scheduler->max_batch_rows(), 4);
  RecordingTask* const late = Schedule(scheduler.get());
  busy.Release();
  scheduler->Drain();
  EXPECT_THAT(executor_.batches(), ElementsAre(ElementsAre(early, late)));
}

TEST_F(BatchSchedulerTest, OtherLanesMayRunWhatComesLater) {
  const auto scheduler = Make(0);
  LanePool other({1, [] {}});
  BusyLanes busy(&pool_);
  scheduler->SetLanes(&other);
  Schedule(scheduler.get())->done.Wait();
  busy.Release();
  scheduler->Drain();
}

TEST_F(BatchSchedulerTest, TellsWhatWaits) {
  const auto scheduler = Make(0);
  BusyLanes busy(&pool_);
  Schedule(scheduler.get());
  Schedule(scheduler.get());
  EXPECT_EQ(scheduler->queued(), 2);
  busy.Release();
  scheduler->Drain();
  EXPECT_EQ(scheduler->queued(), 0);
}

TEST_F(BatchSchedulerTest, TellsWhatBatchesTake) {
  executor_.SetTook(seconds(2));
  const auto scheduler = Make(64);
  EXPECT_THAT(scheduler->latencies(), IsEmpty());
  Schedule(scheduler.get(), {3, 2});
  scheduler->Drain();
  EXPECT_THAT(scheduler->latencies(),
              ElementsAre(testing::Pair(3, seconds(2))));
}

TEST_F(BatchSchedulerTest, DifferentShapesRunInBatchesOfTheirOwn) {
  const auto scheduler = Make(8);
  BusyLanes busy(&pool_);
  Schedule(scheduler.get(), {1, 3});
  Schedule(scheduler.get(), {1, 4});
  busy.Release();
  scheduler->Drain();
  EXPECT_THAT(executor_.batches(), ElementsAre(SizeIs(1), SizeIs(1)));
}

TEST_F(BatchSchedulerTest, AFullQueueRefusesWithItsLengthAndLimit) {
  const auto scheduler = Make(8, /*max_queue_size=*/2);
  const BusyLanes busy(&pool_);
  Schedule(scheduler.get());
  Schedule(scheduler.get());
  EXPECT_EQ(scheduler->Schedule(NewTask()),
            WithRetryAfter(
                absl::ResourceExhaustedError(
                    "the queue of model 'net' is full: 2 requests wait, and "
                    "the limit is 2; send slower or try again later"),
                MonoDuration::zero()));
}

TEST_F(BatchSchedulerTest, ARefusedTaskIsNeitherRunNorFinished) {
  const auto scheduler = Make(8, /*max_queue_size=*/1);
  BusyLanes busy(&pool_);
  RecordingTask* const accepted = Schedule(scheduler.get());
  RecordingTask* const refused = NewTask();
  ASSERT_FALSE(scheduler->Schedule(refused).ok());
  busy.Release();
  scheduler->Drain();
  EXPECT_FALSE(refused->done.HasBeenNotified());
  EXPECT_THAT(executor_.batches(), ElementsAre(ElementsAre(accepted)));
}

TEST_F(BatchSchedulerTest, RequestsThatNobodyWaitsForMakeRoomInAFullQueue) {
  const auto scheduler = Make(8, /*max_queue_size=*/2);
  BusyLanes busy(&pool_);
  RecordingTask* const first = Schedule(scheduler.get());
  RecordingTask* const gone = Schedule(scheduler.get());
  gone->cancelled = true;
  RecordingTask* const next = Schedule(scheduler.get());
  busy.Release();
  scheduler->Drain();
  EXPECT_THAT(executor_.batches(), ElementsAre(ElementsAre(first, next)));
}

TEST_F(BatchSchedulerTest, WhoMadeRoomInAFullQueueIsAnsweredAtOnce) {
  const auto scheduler = Make(8, /*max_queue_size=*/1);
  const BusyLanes busy(&pool_);
  RecordingTask* const late = Schedule(scheduler.get());
  late->deadline = clock_.Now();
  Schedule(scheduler.get());
  ASSERT_TRUE(late->done.HasBeenNotified());
  EXPECT_TRUE(absl::IsDeadlineExceeded(late->result.status()));
}

TEST_F(BatchSchedulerTest, WhoMadeRoomInAFullQueueLeavesTheGauge) {
  const auto scheduler = Make(8, /*max_queue_size=*/1);
  const BusyLanes busy(&pool_);
  Schedule(scheduler.get())->cancelled = true;
  Schedule(scheduler.get());
  EXPECT_EQ(Queued(), 1);
}

TEST_F(BatchSchedulerTest, TheQueueHasRoomAgainAfterItWasEmptied) {
  const auto scheduler = Make(8, /*max_queue_size=*/1);
  BusyLanes busy(&pool_);
  Schedule(scheduler.get());
  busy.Release();
  scheduler->Drain();
  Schedule(scheduler.get())->done.Wait();
}

TEST_F(BatchSchedulerTest, WhatRunsDoesNotCountAsWaiting) {
  Notification running;
  Notification release;
  std::atomic<int> executions = 0;
  executor_.SetBefore([&] {
    if (++executions > 1) return;
    running.Notify();
    release.Wait();
  });
  LanePool one_lane({1, [] {}});
  const auto scheduler =
      BatchScheduler::Create({.model = "net",
                              .rules = {.max_rows = 1},
                              .max_queue_size = 1,
                              .clock = &clock_},
                             &one_lane, &executor_, &telemetry_);
  Schedule(scheduler.get());
  running.Wait();
  Schedule(scheduler.get());
  EXPECT_TRUE(absl::IsResourceExhausted(scheduler->Schedule(NewTask())));
  release.Notify();
  scheduler->Drain();
}

TEST_F(BatchSchedulerTest, AnExpiredRequestIsAnsweredAndNotRun) {
  const auto scheduler = Make(8);
  BusyLanes busy(&pool_);
  RecordingTask* const late = NewTask();
  late->deadline = clock_.Now() + seconds(1);
  ASSERT_TRUE(scheduler->Schedule(late).ok());
  clock_.Advance(seconds(2));
  busy.Release();
  late->done.Wait();
  scheduler->Drain();
  EXPECT_EQ(late->result.status(),
            absl::DeadlineExceededError(
                "the deadline passed while the request waited for model "
                "'net'; it was not run"));
  EXPECT_THAT(executor_.batches(), IsEmpty());
}

TEST_F(BatchSchedulerTest, ADeadlineAheadLeavesARequestAlone) {
  const auto scheduler = Make(8);
  RecordingTask* const task = NewTask();
  task->deadline = clock_.Now() + seconds(1);
  ASSERT_TRUE(scheduler->Schedule(task).ok());
  task->done.Wait();
  EXPECT_TRUE(task->result.ok());
}

TEST_F(BatchSchedulerTest, ACancelledRequestIsAnsweredAndNotRun) {
  const auto scheduler = Make(8);
  BusyLanes busy(&pool_);
  RecordingTask* const gone = Schedule(scheduler.get());
  gone->cancelled = true;
  busy.Release();
  gone->done.Wait();
  scheduler->Drain();
  EXPECT_EQ(gone->result.status(),
            absl::CancelledError("the request for model 'net' was cancelled "
                                 "while it waited; it was not run"));
  EXPECT_THAT(executor_.batches(), IsEmpty());
}

TEST_F(BatchSchedulerTest, DroppedRequestsDoNotHoldUpTheOthers) {
  const auto scheduler = Make(8);
  BusyLanes busy(&pool_);
  Schedule(scheduler.get())->cancelled = true;
  RecordingTask* const fine = Schedule(scheduler.get());
  busy.Release();
  scheduler->Drain();
  EXPECT_THAT(executor_.batches(), ElementsAre(ElementsAre(fine)));
}

TEST_F(BatchSchedulerTest, TheTraceShowsWhenARequestWaitedAndWasTaken) {
  const auto scheduler = Make(8);
  BusyLanes busy(&pool_);
  const MonoTime begin = clock_.Now();
  RecordingTask* const task = Schedule(scheduler.get());
  clock_.Advance(seconds(3));
  busy.Release();
  scheduler->Drain();
  EXPECT_EQ(task->trace.enqueued, begin);
  EXPECT_EQ(task->trace.batch_start, begin + seconds(3));
}

TEST_F(BatchSchedulerTest, TheTraceShowsTheRowsOfTheWholeBatch) {
  const auto scheduler = Make(8);
  BusyLanes busy(&pool_);
  RecordingTask* const first = Schedule(scheduler.get(), {2, 3});
  RecordingTask* const second = Schedule(scheduler.get(), {3, 3});
  busy.Release();
  scheduler->Drain();
  EXPECT_EQ(first->trace.batch_rows, 5);
  EXPECT_EQ(second->trace.batch_rows, 5);
}

TEST_F(BatchSchedulerTest, AnotherLaneTakesTheNextBatchWhileTheFirstRuns) {
  std::atomic<int> running = 0;
  Notification both;
  executor_.SetBefore([&] {
    if (++running == 2) both.Notify();
    both.Wait();  // hangs when the second batch waits for the first
  });
  const auto scheduler = Make(1);
  BusyLanes busy(&pool_);
  Schedule(scheduler.get());
  Schedule(scheduler.get());
  busy.Release();
  scheduler->Drain();
  EXPECT_EQ(running, 2);
}

TEST_F(BatchSchedulerTest, ModelsTakeTurnsBatchByBatch) {
  LanePool one_lane({1, [] {}});
  std::string order;  // one lane writes
  RecordingExecutor executor_a;
  RecordingExecutor executor_b;
  executor_a.SetBefore([&] { order += 'a'; });
  executor_b.SetBefore([&] { order += 'b'; });
  const auto a = BatchScheduler::Create({.model = "a", .clock = &clock_},
                                        &one_lane, &executor_a, &telemetry_);
  const auto b = BatchScheduler::Create({.model = "b", .clock = &clock_},
                                        &one_lane, &executor_b, &telemetry_);
  BusyLanes busy(&one_lane);
  for (int i = 0; i < 4; ++i) Schedule(a.get());
  for (int i = 0; i < 2; ++i) Schedule(b.get());
  busy.Release();
  a->Drain();
  b->Drain();
  EXPECT_EQ(order, "ababaa");
}

TEST_F(BatchSchedulerTest, WhatIsQueuedCanBeRefused) {
  const auto scheduler = Make(8);
  BusyLanes busy(&pool_);
  RecordingTask* const narrow = Schedule(scheduler.get(), {1, 3});
  RecordingTask* const wide = Schedule(scheduler.get(), {1, 4});
  scheduler->RefuseQueued(absl::UnavailableError("stuck"));
  for (RecordingTask* task : {narrow, wide}) {
    ASSERT_TRUE(task->done.HasBeenNotified());
    EXPECT_EQ(task->result.status(), absl::UnavailableError("stuck"));
  }
  EXPECT_EQ(Queued(), 0);
  busy.Release();
  scheduler->Drain();
  EXPECT_THAT(executor_.batches(), IsEmpty());
}

TEST_F(BatchSchedulerTest, RequestsAfterARefusalRun) {
  const auto scheduler = Make(8);
  BusyLanes busy(&pool_);
  Schedule(scheduler.get());
  scheduler->RefuseQueued(absl::UnavailableError("stuck"));
  RecordingTask* const next = Schedule(scheduler.get());
  busy.Release();
  scheduler->Drain();
  EXPECT_THAT(executor_.batches(), ElementsAre(ElementsAre(next)));
}

TEST_F(BatchSchedulerTest, DrainReturnsAtOnceWhenNothingWaits) {
  Make(8)->Drain();
}

TEST_F(BatchSchedulerTest, DrainWaitsForWhatIsQueued) {
  const auto scheduler = Make(1);
  BusyLanes busy(&pool_);
  for (int i = 0; i < 5; ++i) Schedule(scheduler.get());
  std::atomic<size_t> run_when_drained = 0;
  Thread drainer("drain", [&] {
    scheduler->Drain();
    run_when_drained = executor_.batches().size();
  });
  busy.Release();
  drainer.Join();
  EXPECT_EQ(run_when_drained, 5u);
}

TEST_F(BatchSchedulerTest, DrainWaitsForWhatRuns) {
  Notification running;
  Notification release;
  executor_.SetBefore([&] {
    running.Notify();
    release.Wait();
  });
  const auto scheduler = Make(8);
  RecordingTask* const task = Schedule(scheduler.get());
  running.Wait();
  std::atomic<bool> done_when_drained = false;
  Thread drainer("drain", [&] {
    scheduler->Drain();
    done_when_drained = task->done.HasBeenNotified();
  });
  release.Notify();
  drainer.Join();
  EXPECT_TRUE(done_when_drained);
}

TEST_F(BatchSchedulerTest, ADrainedSchedulerMayBeDroppedAtOnce) {
  for (int i = 0; i < 100; ++i) {
    const auto scheduler = Make(8);
    Schedule(scheduler.get());
    scheduler->Drain();
  }
  EXPECT_THAT(executor_.batches(), SizeIs(100));
}

TEST_F(BatchSchedulerTest, TheGaugeCountsWhoWaits) {
  const auto scheduler = Make(8);
  BusyLanes busy(&pool_);
  Schedule(scheduler.get());
  Schedule(scheduler.get())->cancelled = true;
  RecordingTask* const late = NewTask();
  late->deadline = clock_.Now();
  ASSERT_TRUE(scheduler->Schedule(late).ok());
  EXPECT_EQ(Queued(), 3);
  busy.Release();
  scheduler->Drain();
  EXPECT_EQ(Queued(), 0);
}

TEST_F(BatchSchedulerTest, ARefusedTaskIsNotInTheGauge) {
  const auto scheduler = Make(8, /*max_queue_size=*/1);
  const BusyLanes busy(&pool_);
  Schedule(scheduler.get());
  ASSERT_FALSE(scheduler->Schedule(NewTask()).ok());
  EXPECT_EQ(Queued(), 1);
}

// Sends itself again when it is answered, `left` times.
class RepeatingTask : public InferTask {
 public:
  bool IsCancelled() const override { return false; }
  void Finish(absl::StatusOr<std::vector<OutputTensor>>) override {
    if (left-- == 0) return done.Notify();
    EXPECT_TRUE(scheduler->Schedule(this).ok());
  }
  BatchScheduler* scheduler = nullptr;
  int left = 0;
  Notification done;
};

TEST_F(BatchSchedulerTest, AnAnswerMayScheduleTheNextRequest) {
  const auto scheduler = Make(8, /*max_queue_size=*/1);
  RepeatingTask task;
  task.scheduler = scheduler.get();
  task.left = 20;
  ASSERT_TRUE(scheduler->Schedule(&task).ok());
  task.done.Wait();
  scheduler->Drain();
  EXPECT_THAT(executor_.batches(), SizeIs(21));
}

TEST_F(BatchSchedulerTest, ARefusalMayScheduleTheNextRequest) {
  const auto scheduler = Make(8);
  RepeatingTask task;
  task.scheduler = scheduler.get();
  task.left = 3;
  task.deadline = clock_.Now();
  ASSERT_TRUE(scheduler->Schedule(&task).ok());
  task.done.Wait();
  scheduler->Drain();
  EXPECT_THAT(executor_.batches(), IsEmpty());
}

// A scheduler for a model whose batches take `took`, after many runs.
class ShortRunsTest : public BatchSchedulerTest {
 protected:
  std::shared_ptr<BatchScheduler> MakeAfterRuns(MonoDuration took,
                                                bool bounded_time = true) {
    executor_.SetTook(took);
    auto scheduler = BatchScheduler::Create({.model = "net",
                                             .rules = {.max_rows = 64},
                                             .clock = &clock_,
                                             .bounded_time = bounded_time},
                                            &pool_, &executor_, &telemetry_);
    for (int i = 0; i < 200; ++i) Schedule(scheduler.get())->done.Wait();
    scheduler->Drain();
    return scheduler;
  }
};

TEST_F(ShortRunsTest, ShortRunsMakeItShort) {
  EXPECT_TRUE(MakeAfterRuns(std::chrono::microseconds(5))->IsShort());
}

TEST_F(ShortRunsTest, LongRunsDoNot) {
  EXPECT_FALSE(MakeAfterRuns(std::chrono::microseconds(150))->IsShort());
}

TEST_F(ShortRunsTest, TimeThatSizesDoNotBoundIsNeverShort) {
  EXPECT_FALSE(MakeAfterRuns(std::chrono::microseconds(5), false)->IsShort());
}

TEST_F(ShortRunsTest, ALargeRequestIsLongWhileItWaits) {
  const auto scheduler = MakeAfterRuns(std::chrono::microseconds(5));
  BusyLanes busy(&pool_);
  Schedule(scheduler.get(), {1, (1 << 18) + 1});
  EXPECT_FALSE(scheduler->IsShort());
  busy.Release();
  scheduler->Drain();
  EXPECT_TRUE(scheduler->IsShort());
}

TEST_F(ShortRunsTest, ALargeRequestThatDiesInTheQueueIsForgotten) {
  const auto scheduler = MakeAfterRuns(std::chrono::microseconds(5));
  BusyLanes busy(&pool_);
  RecordingTask* const task = NewTask({1, (1 << 18) + 1});
  task->cancelled = true;
  ASSERT_TRUE(scheduler->Schedule(task).ok());
  busy.Release();
  scheduler->Drain();
  EXPECT_TRUE(scheduler->IsShort());
}

TEST_F(ShortRunsTest, AJoinedThreadMergesWhatItReceivedTogether) {
  const auto scheduler = MakeAfterRuns(std::chrono::microseconds(5));
  std::thread([&] {
    pool_.JoinThread();
    for (int i = 0; i < 3; ++i) Schedule(scheduler.get());
    pool_.RunWork();
  }).join();
  EXPECT_THAT(executor_.batches().back(), SizeIs(3));
}

TEST_F(ShortRunsTest, AKeptTurnThatIsStuckGoesToALane) {
  const auto scheduler = MakeAfterRuns(std::chrono::microseconds(5));
  Notification kept;
  Notification release;
  RecordingTask* first = nullptr;
  std::thread busy([&] {
    pool_.JoinThread();
    first = Schedule(scheduler.get());
    kept.Notify();
    release.Wait();  // as if it parsed something huge
    pool_.RunWork();
  });
  kept.Wait();
  EXPECT_FALSE(first->done.HasBeenNotified());
  clock_.Advance(std::chrono::milliseconds(2));
  RecordingTask* const second = Schedule(scheduler.get());
  first->done.Wait();  // hangs when only the busy thread may run them
  second->done.Wait();
  release.Notify();
  busy.join();
}

}  // namespace
}  // namespace sconce
