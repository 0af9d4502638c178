#include "server/batching/batch_queue.h"

#include <chrono>
#include <deque>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/fake_clock.h"
#include "tests/support/recording_task.h"

namespace sconce {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Makes tasks one second apart.
class BatchQueueTest : public testing::Test {
 protected:
  RecordingTask* Make(const Shape& shape) {
    clock_.Advance(seconds(1));
    RecordingTask& task = tasks_.emplace_back();
    task.AddInput("x", shape, 0);
    task.trace.enqueued = clock_.Now();
    return &task;
  }

  RecordingTask* Push(BatchQueue* queue, const Shape& shape) {
    RecordingTask* const task = Make(shape);
    queue->Push(task);
    return task;
  }

  // Pushes `count` tasks of `shape`.
  std::vector<InferTask*> PushMany(BatchQueue* queue, size_t count,
                                   const Shape& shape) {
    std::vector<InferTask*> pushed;
    while (pushed.size() < count) pushed.push_back(Push(queue, shape));
    return pushed;
  }

  BatchQueue::Taken Take(BatchQueue* queue) {
    return queue->Take(clock_.Now());
  }
  std::vector<InferTask*> TakeTasks(BatchQueue* queue) {
    return Take(queue).batch.tasks;
  }

  FakeClock clock_;
  std::deque<RecordingTask> tasks_;
};

TEST_F(BatchQueueTest, WhatIsQueuedIsSortedAnewForOtherRows) {
  BatchQueue queue({.max_rows = 0});
  RecordingTask* const a = Push(&queue, {1, 3});
  RecordingTask* const other = Push(&queue, {1, 4});
  RecordingTask* const b = Push(&queue, {1, 3});
  queue.SetMaxRows(4);
  EXPECT_EQ(queue.size(), 3u);
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(a, b));
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(other));
}

TEST_F(BatchQueueTest, AndSortedBack) {
  BatchQueue queue({.max_rows = 4});
  RecordingTask* const a = Push(&queue, {1, 3});
  RecordingTask* const other = Push(&queue, {1, 4});
  RecordingTask* const b = Push(&queue, {1, 3});
  queue.SetMaxRows(0);
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(a));
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(other));
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(b));
}

TEST_F(BatchQueueTest, RowsThatDoNotStackRunAlone) {
  BatchQueue queue({.max_rows = 4});
  std::vector<InferTask*> tasks;
  for (int i = 0; i < 2; ++i) {
    RecordingTask* const task = Make({1, 3});
    task->stackable = false;
    queue.Push(task);
    tasks.push_back(task);
  }
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(tasks[0]));
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(tasks[1]));
}

TEST_F(BatchQueueTest, AnEmptyQueueGivesNothing) {
  BatchQueue queue({.max_rows = 4});
  const auto taken = Take(&queue);
  EXPECT_THAT(taken.batch.tasks, IsEmpty());
  EXPECT_THAT(taken.expired, IsEmpty());
  EXPECT_THAT(taken.cancelled, IsEmpty());
}

TEST_F(BatchQueueTest, OneRequestIsABatch) {
  BatchQueue queue({.max_rows = 4});
  RecordingTask* const task = Push(&queue, {1, 3});
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(task));
}

TEST_F(BatchQueueTest, EqualShapesAreMergedInTheOrderTheyCame) {
  BatchQueue queue({.max_rows = 4});
  const auto pushed = PushMany(&queue, 3, {1, 3});
  EXPECT_EQ(TakeTasks(&queue), pushed);
}

TEST_F(BatchQueueTest, ABatchCountsItsRows) {
  BatchQueue queue({.max_rows = 8});
  Push(&queue, {2, 3});
  Push(&queue, {5, 3});
  EXPECT_EQ(Take(&queue).batch.rows, 7);
}

TEST_F(BatchQueueTest, ABatchHoldsAtMostTheMaximumOfRows) {
  BatchQueue queue({.max_rows = 4});
  const auto pushed = PushMany(&queue, 6, {1, 3});
  EXPECT_THAT(TakeTasks(&queue),
              ElementsAre(pushed[0], pushed[1], pushed[2], pushed[3]));
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(pushed[4], pushed[5]));
}

TEST_F(BatchQueueTest, ARequestOfSeveralRowsIsNotSplit) {
  BatchQueue queue({.max_rows = 4});
  RecordingTask* const three = Push(&queue, {3, 3});
  RecordingTask* const two = Push(&queue, {2, 3});
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(three));
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(two));
}

TEST_F(BatchQueueTest, ALaterRequestThatFitsDoesNotOvertake) {
  BatchQueue queue({.max_rows = 4});
  RecordingTask* const three = Push(&queue, {3, 3});
  RecordingTask* const two = Push(&queue, {2, 3});
  RecordingTask* const one = Push(&queue, {1, 3});
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(three));
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(two, one));
}

TEST_F(BatchQueueTest, ARequestOfMoreRowsThanTheMaximumRunsAlone) {
  BatchQueue queue({.max_rows = 4});
  RecordingTask* const large = Push(&queue, {5, 3});
  Push(&queue, {1, 3});
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(large));
}

TEST_F(BatchQueueTest, RequestsWithoutRowsJoinAFullBatch) {
  BatchQueue queue({.max_rows = 2});
  RecordingTask* const full = Push(&queue, {2, 3});
  RecordingTask* const empty = Push(&queue, {0, 3});
  const auto taken = Take(&queue);
  EXPECT_THAT(taken.batch.tasks, ElementsAre(full, empty));
  EXPECT_EQ(taken.batch.rows, 2);
}

TEST_F(BatchQueueTest, ARequestWithoutRowsIsABatch) {
  BatchQueue queue({.max_rows = 2});
  RecordingTask* const empty = Push(&queue, {0, 3});
  const auto taken = Take(&queue);
  EXPECT_THAT(taken.batch.tasks, ElementsAre(empty));
  EXPECT_EQ(taken.batch.rows, 0);
}

TEST_F(BatchQueueTest, AMaximumOfZeroMergesNothing) {
  BatchQueue queue({.max_rows = 0});
  const auto pushed = PushMany(&queue, 2, {1, 3});
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(pushed[0]));
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(pushed[1]));
}

TEST_F(BatchQueueTest, UnmergedRequestsKeepTheirOrderWhateverTheirShapes) {
  BatchQueue queue({.max_rows = 0});
  RecordingTask* const first = Push(&queue, {1, 3});
  RecordingTask* const second = Push(&queue, {1, 4});
  RecordingTask* const third = Push(&queue, {1, 3});
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(first));
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(second));
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(third));
}

TEST_F(BatchQueueTest, UnmergedRequestsOfOneInstantKeepTheirOrder) {
  BatchQueue queue({.max_rows = 0});
  std::vector<InferTask*> pushed;
  for (int64_t width = 1; width <= 8; ++width) {
    pushed.push_back(Make({1, width}));
    pushed.back()->trace.enqueued = MonoTime(seconds(1));
    queue.Push(pushed.back());
  }
  std::vector<InferTask*> taken;
  while (!queue.empty()) taken.push_back(TakeTasks(&queue).at(0));
  EXPECT_EQ(taken, pushed);
}

TEST_F(BatchQueueTest, DifferentRowShapesAreNotMixed) {
  BatchQueue queue({.max_rows = 8});
  RecordingTask* const narrow_1 = Push(&queue, {1, 3});
  RecordingTask* const wide = Push(&queue, {1, 4});
  RecordingTask* const narrow_2 = Push(&queue, {1, 3});
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(narrow_1, narrow_2));
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(wide));
}

TEST_F(BatchQueueTest, DifferentTypesAreNotMixed) {
  BatchQueue queue({.max_rows = 8});
  RecordingTask* const fp32 = Push(&queue, {1, 3});
  RecordingTask* const int32 = Make({1, 3});
  int32->inputs[0].type = DataType::kInt32;
  queue.Push(int32);
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(fp32));
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(int32));
}

TEST_F(BatchQueueTest, RequestsWithAndWithoutAnOptionalInputAreNotMixed) {
  BatchQueue queue({.max_rows = 8});
  RecordingTask* const plain = Push(&queue, {1, 3});
  RecordingTask* const masked = Make({1, 3});
  masked->AddInput("mask", {1, 3}, 1);
  queue.Push(masked);
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(plain));
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(masked));
}

TEST_F(BatchQueueTest, TheBucketWhoseHeadWaitedLongestComesFirst) {
  BatchQueue queue({.max_rows = 2});
  const auto narrow = PushMany(&queue, 2, {1, 3});
  RecordingTask* const wide = Push(&queue, {1, 4});
  const auto later = PushMany(&queue, 2, {1, 3});
  EXPECT_EQ(TakeTasks(&queue), narrow);
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(wide));
  EXPECT_EQ(TakeTasks(&queue), later);
}

TEST_F(BatchQueueTest, ABusyShapeDoesNotStarveARareOne) {
  BatchQueue queue({.max_rows = 1});
  Push(&queue, {1, 3});
  RecordingTask* const rare = Push(&queue, {1, 4});
  Take(&queue);
  PushMany(&queue, 5, {1, 3});
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(rare));
}

TEST_F(BatchQueueTest, ExpiredRequestsAreTakenButNotToRun) {
  BatchQueue queue({.max_rows = 4});
  RecordingTask* const late = Push(&queue, {1, 3});
  late->deadline = clock_.Now() + seconds(1);
  RecordingTask* const fine = Push(&queue, {1, 3});
  clock_.Advance(seconds(5));
  const auto taken = Take(&queue);
  EXPECT_THAT(taken.batch.tasks, ElementsAre(fine));
  EXPECT_THAT(taken.expired, ElementsAre(late));
  EXPECT_THAT(taken.cancelled, IsEmpty());
}

TEST_F(BatchQueueTest, ADeadlineThatIsNowHasPassed) {
  BatchQueue queue({.max_rows = 4});
  RecordingTask* const task = Push(&queue, {1, 3});
  task->deadline = clock_.Now();
  EXPECT_THAT(Take(&queue).expired, ElementsAre(task));
}

TEST_F(BatchQueueTest, ADeadlineJustAheadHasNotPassed) {
  BatchQueue queue({.max_rows = 4});
  RecordingTask* const task = Push(&queue, {1, 3});
  task->deadline = clock_.Now() + MonoDuration(1);
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(task));
}

TEST_F(BatchQueueTest, CancelledRequestsAreTakenButNotToRun) {
  BatchQueue queue({.max_rows = 4});
  RecordingTask* const first = Push(&queue, {1, 3});
  RecordingTask* const gone = Push(&queue, {1, 3});
  RecordingTask* const last = Push(&queue, {1, 3});
  gone->cancelled = true;
  const auto taken = Take(&queue);
  EXPECT_THAT(taken.batch.tasks, ElementsAre(first, last));
  EXPECT_THAT(taken.cancelled, ElementsAre(gone));
  EXPECT_THAT(taken.expired, IsEmpty());
}

// gRPC cancels a call at its deadline, so both are true then.
TEST_F(BatchQueueTest, ARequestThatIsBothCountsAsExpiredOnce) {
  BatchQueue queue({.max_rows = 4});
  RecordingTask* const task = Push(&queue, {1, 3});
  task->cancelled = true;
  task->deadline = clock_.Now();
  const auto taken = Take(&queue);
  EXPECT_THAT(taken.expired, ElementsAre(task));
  EXPECT_THAT(taken.cancelled, IsEmpty());
}

TEST_F(BatchQueueTest, DroppedRequestsTakeNoRowsOfTheBatch) {
  BatchQueue queue({.max_rows = 2});
  const auto pushed = PushMany(&queue, 4, {1, 3});
  pushed[0]->deadline = clock_.Now();
  pushed[2]->deadline = clock_.Now();
  const auto taken = Take(&queue);
  EXPECT_THAT(taken.batch.tasks, ElementsAre(pushed[1], pushed[3]));
  EXPECT_EQ(taken.batch.rows, 2);
}

TEST_F(BatchQueueTest, ABucketOfDroppedRequestsDoesNotEndTheSearch) {
  BatchQueue queue({.max_rows = 4});
  Push(&queue, {1, 3})->cancelled = true;
  Push(&queue, {1, 4})->deadline = clock_.Now();
  RecordingTask* const fine = Push(&queue, {1, 5});
  const auto taken = Take(&queue);
  EXPECT_THAT(taken.batch.tasks, ElementsAre(fine));
  EXPECT_EQ(taken.cancelled.size() + taken.expired.size(), 2u);
  EXPECT_TRUE(queue.empty());
}

TEST_F(BatchQueueTest, AQueueOfDroppedRequestsGivesNoBatch) {
  BatchQueue queue({.max_rows = 4});
  Push(&queue, {1, 3})->cancelled = true;
  const auto taken = Take(&queue);
  EXPECT_THAT(taken.batch.tasks, IsEmpty());
  EXPECT_EQ(taken.cancelled.size(), 1u);
}

TEST_F(BatchQueueTest, UnmergedRequestsAreDroppedToo) {
  BatchQueue queue({.max_rows = 0});
  const auto pushed = PushMany(&queue, 2, {1, 3});
  pushed[0]->deadline = clock_.Now();
  const auto taken = Take(&queue);
  EXPECT_THAT(taken.expired, ElementsAre(pushed[0]));
  EXPECT_THAT(taken.batch.tasks, ElementsAre(pushed[1]));
}

TEST_F(BatchQueueTest, TheSizeCountsWhatWaits) {
  BatchQueue queue({.max_rows = 2});
  EXPECT_TRUE(queue.empty());
  PushMany(&queue, 3, {1, 3});
  Push(&queue, {1, 4});
  EXPECT_EQ(queue.size(), 4u);
  Take(&queue);
  EXPECT_EQ(queue.size(), 2u);
}

TEST_F(BatchQueueTest, DroppedRequestsLeaveTheSize) {
  BatchQueue queue({.max_rows = 4});
  PushMany(&queue, 2, {1, 3});
  tasks_[0].cancelled = true;
  tasks_[1].deadline = clock_.Now();
  Take(&queue);
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_TRUE(queue.empty());
}

TEST_F(BatchQueueTest, AnEmptiedBucketIsUsedAgain) {
  BatchQueue queue({.max_rows = 4});
  Push(&queue, {1, 3});
  Take(&queue);
  RecordingTask* const again = Push(&queue, {1, 3});
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(again));
}

TEST_F(BatchQueueTest, TheDeadAreTakenWhereverTheyWait) {
  BatchQueue queue({.max_rows = 1});
  const auto pushed = PushMany(&queue, 3, {1, 3});
  RecordingTask* const other_shape = Push(&queue, {1, 4});
  pushed[1]->deadline = clock_.Now();
  tasks_[2].cancelled = true;
  other_shape->deadline = clock_.Now();
  const auto taken = queue.TakeDead(clock_.Now());
  EXPECT_THAT(taken.expired, UnorderedElementsAre(pushed[1], other_shape));
  EXPECT_THAT(taken.cancelled, ElementsAre(pushed[2]));
  EXPECT_THAT(taken.batch.tasks, IsEmpty());
}

TEST_F(BatchQueueTest, TakingTheDeadLeavesTheOthersInOrder) {
  BatchQueue queue({.max_rows = 8});
  const auto pushed = PushMany(&queue, 4, {1, 3});
  tasks_[0].cancelled = true;
  tasks_[2].cancelled = true;
  queue.TakeDead(clock_.Now());
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_THAT(TakeTasks(&queue), ElementsAre(pushed[1], pushed[3]));
}

TEST_F(BatchQueueTest, TakingTheDeadMayEmptyTheQueue) {
  BatchQueue queue({.max_rows = 8});
  Push(&queue, {1, 3})->cancelled = true;
  Push(&queue, {1, 4})->cancelled = true;
  queue.TakeDead(clock_.Now());
  EXPECT_TRUE(queue.empty());
  EXPECT_THAT(TakeTasks(&queue), IsEmpty());
}

TEST_F(BatchQueueTest, RequestsWithoutATensorAreNeverMerged) {
  BatchQueue queue({.max_rows = 8});
  for (int i = 0; i < 2; ++i) {
    RecordingTask* const task = Make({1});
    task->inputs[0].by_value = true;
    queue.Push(task);
  }
  EXPECT_EQ(TakeTasks(&queue).size(), 1u);
  EXPECT_EQ(TakeTasks(&queue).size(), 1u);
}

// Its runs of one row take 10 ms, each row more 1 ms; the slowest half as much
// again.
class BatchQueueAheadTest : public BatchQueueTest {
 protected:
  BatchQueueAheadTest() {
    PushMany(&queue_, 1, {1});
    const auto latencies = Take(&queue_).latencies;
    for (const int rows : {1, 2, 4, 8}) {
      for (const int half : {1, 2, 3}) {
        latencies->Add(rows, half * microseconds(500 * (9 + rows)));
      }
    }
  }

  BatchQueue::Ahead LookAhead(const Shape& shape, int64_t priority = 0) {
    RecordingTask* const task = Make(shape);
    task->priority = priority;
    return queue_.LookAhead(MakeBucketKey(task->inputs), {task});
  }

  BatchQueue queue_{BatchRules{.max_rows = 8}};
};

TEST_F(BatchQueueAheadTest, NothingIsBeforeTheFirst) {
  const BatchQueue::Ahead ahead = LookAhead({1});
  EXPECT_EQ(ahead.work, milliseconds(0));
  EXPECT_EQ(ahead.alone, milliseconds(15));
  EXPECT_EQ(ahead.batch, milliseconds(15));
}

TEST_F(BatchQueueAheadTest, WhatWaitsIsPartOfTheSameBatch) {
  PushMany(&queue_, 3, {1});
  const BatchQueue::Ahead ahead = LookAhead({1});
  EXPECT_EQ(ahead.work, milliseconds(0));
  EXPECT_EQ(ahead.batch, microseconds(13 * 1500));
}

TEST_F(BatchQueueAheadTest, FullBatchesAreBeforeItAndTakeWhatIsTypical) {
  PushMany(&queue_, 17, {1});
  EXPECT_EQ(queue_.work(), milliseconds(17 + 17 + 10));
  const BatchQueue::Ahead ahead = LookAhead({1});
  EXPECT_EQ(ahead.work, milliseconds(17 + 17));
  EXPECT_EQ(ahead.batch, microseconds(11 * 1500));
}

TEST_F(BatchQueueAheadTest, OthersWillJoinAsTheyJoinedTheLastTwoBatches) {
  for (const size_t count : {4, 1}) {
    PushMany(&queue_, count, {1});
    Take(&queue_);
    EXPECT_EQ(LookAhead({1}).batch, microseconds(13 * 1500));
  }
  PushMany(&queue_, 1, {1});
  Take(&queue_);
  EXPECT_EQ(LookAhead({1}).batch, milliseconds(15));
}

TEST_F(BatchQueueAheadTest, ARequestThatIsLargerThanABatchComesAfterAll) {
  PushMany(&queue_, 4, {1});
  const BatchQueue::Ahead ahead = LookAhead({20});
  EXPECT_EQ(ahead.work, milliseconds(13));
  EXPECT_GE(ahead.batch, microseconds(17 * 1500));
}

TEST_F(BatchQueueAheadTest, WhatItOvertakesIsNotBeforeIt) {
  for (int i = 0; i < 24; ++i) {
    RecordingTask* const task = Make({1});
    task->priority = i < 2 ? 1 : 2;
    queue_.Push(task);
  }
  EXPECT_EQ(LookAhead({1}, 2).work, milliseconds(3 * 17));
  EXPECT_EQ(LookAhead({1}, 1).work, milliseconds(0));
  EXPECT_EQ(LookAhead({1}, 1).batch, microseconds(12 * 1500));
}

TEST_F(BatchQueueAheadTest, SingleRequestsAreBeforeItOneByOne) {
  queue_.SetMaxRows(0);
  PushMany(&queue_, 3, {1});
  EXPECT_EQ(LookAhead({1}).work, milliseconds(30));
  EXPECT_EQ(LookAhead({1}).batch, milliseconds(15));
}

}  // namespace
}  // namespace sconce
