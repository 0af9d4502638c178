#include "server/batching/sequence_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/recording_task.h"
#include "tests/unit/batching/lane_fakes.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Counter : ModelState {
  explicit Counter(int c) : count(c) {}
  const int count;
};

// Answers each request with how many good ones came before it in its sequence.
class CountingExecutor : public BatchExecutor {
 public:
  MonoDuration Execute(const Batch& batch) override {
    auto* const task = static_cast<RecordingTask*>(batch.tasks.front());
    if (task->method == "hold") {
      held.Notify();
      release.Wait();
    }
    const auto* const state = static_cast<Counter*>(batch.state->get());
    const int count = state == nullptr ? 0 : state->count;
    {
      MutexLock lock(&mu_);
      seen_.push_back(task->sequence->id + std::to_string(count));
    }
    if (task->method == "fail") {
      task->Finish(absl::InvalidArgumentError("no"));
    } else {
      *batch.state = std::make_unique<Counter>(count + 1);
      task->Finish(std::vector<OutputTensor>());
    }
    return MonoDuration::zero();
  }

  std::vector<std::string> seen() {
    MutexLock lock(&mu_);
    return seen_;
  }

  Notification held;
  Notification release;

 private:
  Mutex mu_;
  std::vector<std::string> seen_;
};

class SequenceSchedulerTest : public ::testing::Test {
 protected:
  ~SequenceSchedulerTest() override { scheduler_.Drain(); }

  enum Flags { kNone = 0, kStart = 1, kEnd = 2 };

  // Queues a request; the caller waits for its end.
  absl::Status Send(RecordingTask* task, const std::string& id, int flags,
                    const std::string& method = "") {
    task->sequence =
        SequencePlace{id, (flags & kStart) != 0, (flags & kEnd) != 0};
    task->method = method;
    return scheduler_.Schedule(task, &executor_);
  }

  // The whole way of one request.
  absl::Status Run(const std::string& id, int flags,
                   const std::string& method = "") {
    RecordingTask task;
    const absl::Status sent = Send(&task, id, flags, method);
    if (!sent.ok()) return sent;
    task.done.Wait();
    return task.result.status();
  }

  FakeClock clock_;
  ServerMetrics metrics_;
  ServableTelemetry telemetry_{metrics_.ForServable("m", 1)};
  CountingExecutor executor_;
  LanePool lanes_{{.lanes = 2, .pinned = false}};
  SequenceScheduler scheduler_{{.model = "m",
                                .max_sequences = 2,
                                .max_idle = std::chrono::seconds(10),
                                .max_queue_size = 3,
                                .clock = &clock_},
                               &lanes_,
                               &telemetry_};
};

TEST_F(SequenceSchedulerTest, KeepsStatesApart) {
  ASSERT_TRUE(Run("a", kStart).ok());
  ASSERT_TRUE(Run("b", kStart).ok());
  ASSERT_TRUE(Run("a", kNone).ok());
  ASSERT_TRUE(Run("a", kNone).ok());
  ASSERT_TRUE(Run("b", kNone).ok());
  EXPECT_THAT(executor_.seen(), ElementsAre("a0", "b0", "a1", "a2", "b1"));
}

// Begins another sequence in the moment in which it is answered.
class ThenAnother : public RecordingTask {
 public:
  ThenAnother(SequenceScheduler* scheduler, CountingExecutor* executor)
      : scheduler_(scheduler), executor_(executor) {
    another.sequence = SequencePlace{"another", true, false, ""};
  }

  void Finish(absl::StatusOr<std::vector<OutputTensor>> outputs) override {
    began = scheduler_->Schedule(&another, executor_);
    RecordingTask::Finish(std::move(outputs));
  }

  RecordingTask another;
  absl::Status began;

 private:
  SequenceScheduler* const scheduler_;
  CountingExecutor* const executor_;
};

TEST_F(SequenceSchedulerTest, WhoeverHeardTheEndMayBeginAnother) {
  ASSERT_TRUE(Run("a", kStart).ok());
  ASSERT_TRUE(Run("b", kStart).ok());  // as many as there may be
  EXPECT_TRUE(absl::IsResourceExhausted(Run("c", kStart)));
  ThenAnother last(&scheduler_, &executor_);
  last.sequence = SequencePlace{"a", false, true, ""};
  ASSERT_TRUE(scheduler_.Schedule(&last, &executor_).ok());
  last.done.Wait();
  ASSERT_TRUE(last.began.ok()) << last.began;
  last.another.done.Wait();
  EXPECT_TRUE(absl::IsResourceExhausted(Run("c", kStart)));
}

TEST_F(SequenceSchedulerTest, OneIdOfTwoRoutesIsTwoSequences) {
  const auto run = [&](const std::string& route, bool start) {
    RecordingTask task;
    task.sequence = SequencePlace{"a", start, false, route};
    ASSERT_TRUE(scheduler_.Schedule(&task, &executor_).ok());
    task.done.Wait();
    EXPECT_TRUE(task.result.ok());
  };
  run("", true);
  run("", false);
  run("stable", true);
  run("", false);
  EXPECT_THAT(executor_.seen(), ElementsAre("a0", "a1", "a0", "a2"));
  EXPECT_TRUE(scheduler_.Has({.id = "a", .route = "stable"}));
  scheduler_.End({.id = "a", .route = "stable"});
  EXPECT_FALSE(scheduler_.Has({.id = "a", .route = "stable"}));
  EXPECT_TRUE(scheduler_.Has({.id = "a"}));
}

TEST_F(SequenceSchedulerTest, StartsAnewAndEnds) {
  ASSERT_TRUE(Run("a", kStart).ok());
  ASSERT_TRUE(Run("a", kStart).ok());
  ASSERT_TRUE(Run("a", kEnd).ok());
  const absl::Status late = Run("a", kNone);
  EXPECT_EQ(late.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(late.message(),
            "sequence a of model 'm' has not started, has ended, was idle for "
            "more than 10s, or began before the model was reloaded; its first "
            "request must specify "
            "sequence_start = true");
  ASSERT_TRUE(Run("a", kStart | kEnd).ok());
  EXPECT_THAT(executor_.seen(), ElementsAre("a0", "a0", "a1", "a0"));
}

TEST_F(SequenceSchedulerTest, AFailedRequestLeavesTheStateAsItWas) {
  ASSERT_TRUE(Run("a", kStart).ok());
  EXPECT_FALSE(Run("a", kNone, "fail").ok());
  ASSERT_TRUE(Run("a", kNone).ok());
  EXPECT_THAT(executor_.seen(), ElementsAre("a0", "a1", "a1"));
}

TEST_F(SequenceSchedulerTest, OneSequenceRunsInOrderOthersBeside) {
  RecordingTask held, next;
  ASSERT_TRUE(Send(&held, "a", kStart, "hold").ok());
  executor_.held.Wait();
  ASSERT_TRUE(Send(&next, "a", kNone).ok());
  ASSERT_TRUE(Run("b", kStart).ok());
  EXPECT_THAT(executor_.seen(), ElementsAre("b0"));
  executor_.release.Notify();
  next.done.Wait();
  EXPECT_THAT(executor_.seen(), ElementsAre("b0", "a0", "a1"));
}

TEST_F(SequenceSchedulerTest, LimitsHowManyLive) {
  ASSERT_TRUE(Run("a", kStart).ok());
  ASSERT_TRUE(Run("b", kStart).ok());
  const absl::Status third = Run("c", kStart);
  EXPECT_EQ(third.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(third.message()),
              HasSubstr("2 sequences live, and the limit is 2"));
  ASSERT_TRUE(Run("a", kEnd).ok());
  scheduler_.Drain();  // the end is told before the place is free
  EXPECT_TRUE(Run("c", kStart).ok());
}

TEST_F(SequenceSchedulerTest, ForgetsTheLongestIdleOnes) {
  ASSERT_TRUE(Run("a", kStart).ok());
  scheduler_.Drain();
  clock_.Advance(std::chrono::seconds(6));
  ASSERT_TRUE(Run("b", kStart).ok());
  scheduler_.Drain();
  clock_.Advance(std::chrono::seconds(6));
  EXPECT_TRUE(Run("b", kNone).ok());
  EXPECT_EQ(Run("a", kNone).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Run("c", kStart).ok());
}

TEST_F(SequenceSchedulerTest, ARequestKeepsItsSequenceAlive) {
  ASSERT_TRUE(Run("a", kStart).ok());
  for (int i = 0; i < 3; ++i) {
    scheduler_.Drain();
    clock_.Advance(std::chrono::seconds(6));
    ASSERT_TRUE(Run("a", kNone).ok());
  }
}

TEST_F(SequenceSchedulerTest, DropsWhatNobodyWaitsFor) {
  RecordingTask held, expired, cancelled;
  ASSERT_TRUE(Send(&held, "a", kStart, "hold").ok());
  executor_.held.Wait();
  expired.deadline = clock_.Now();
  cancelled.cancelled = true;
  ASSERT_TRUE(Send(&expired, "a", kNone).ok());
  ASSERT_TRUE(Send(&cancelled, "a", kNone).ok());
  executor_.release.Notify();
  expired.done.Wait();
  cancelled.done.Wait();
  EXPECT_EQ(expired.result.status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(cancelled.result.status().code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(executor_.seen(), ElementsAre("a0"));
}

// Neither may the old sequence's state leak into the new one, nor may what
// comes second be taken for what comes first.
TEST_F(SequenceSchedulerTest, AStartThatFailsBeginsNothing) {
  ASSERT_TRUE(Run("a", kStart).ok());
  RecordingTask expired;
  expired.deadline = clock_.Now();
  ASSERT_TRUE(Send(&expired, "a", kStart).ok());
  expired.done.Wait();
  const absl::Status second = Run("a", kNone);
  EXPECT_EQ(second.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(second.message(),
            "sequence a of model 'm' has not begun, because its request with "
            "sequence_start failed; send that again");
  EXPECT_FALSE(Run("a", kStart, "fail").ok());
  EXPECT_FALSE(Run("a", kNone).ok());
  ASSERT_TRUE(Run("a", kStart).ok());
  ASSERT_TRUE(Run("a", kNone).ok());
}

TEST_F(SequenceSchedulerTest, AnEndThatFailsMayBeSentAgain) {
  ASSERT_TRUE(Run("a", kStart).ok());
  EXPECT_FALSE(Run("a", kEnd, "fail").ok());
  scheduler_.Drain();
  ASSERT_TRUE(Run("a", kEnd).ok());
  EXPECT_THAT(executor_.seen(), ElementsAre("a0", "a1", "a1"));
}

TEST_F(SequenceSchedulerTest, RequestsThatNobodyWaitsForMakeRoom) {
  RecordingTask held, waiting[3], next;
  ASSERT_TRUE(Send(&held, "a", kStart, "hold").ok());
  executor_.held.Wait();
  for (RecordingTask& task : waiting) {
    ASSERT_TRUE(Send(&task, "a", kNone).ok());
    task.cancelled = true;
  }
  ASSERT_TRUE(Send(&next, "a", kNone).ok());
  for (RecordingTask& task : waiting) task.done.Wait();
  EXPECT_EQ(waiting[0].result.status().code(), absl::StatusCode::kCancelled);
  executor_.release.Notify();
  next.done.Wait();
  EXPECT_TRUE(next.result.ok());
}

class SequenceDeadlinesTest : public SequenceSchedulerTest {
 protected:
  ~SequenceDeadlinesTest() override { real_.Drain(); }

  void SendToReal(RecordingTask* task, int flags,
                  const std::string& method = "") {
    task->sequence =
        SequencePlace{"a", (flags & kStart) != 0, (flags & kEnd) != 0};
    task->method = method;
    ASSERT_TRUE(real_.Schedule(task, &executor_).ok());
  }
  MonoTime Soon() {
    return Clock::Real()->Now() + std::chrono::milliseconds(20);
  }

  SequenceScheduler real_{
      {.model = "m", .alarms = lanes_.alarms()}, &lanes_, &telemetry_};
};

TEST_F(SequenceDeadlinesTest, WhatWaitsIsAnsweredAtItsDeadline) {
  RecordingTask held, late, next;
  SendToReal(&held, kStart, "hold");
  executor_.held.Wait();
  late.deadline = Soon();
  SendToReal(&late, kNone);
  late.done.Wait();
  EXPECT_TRUE(absl::IsDeadlineExceeded(late.result.status()));
  EXPECT_EQ(real_.queued(), 0);
  SendToReal(&next, kNone);
  executor_.release.Notify();
  next.done.Wait();
  EXPECT_TRUE(next.result.ok());
  EXPECT_THAT(executor_.seen(), ElementsAre("a0", "a1"));
}

TEST_F(SequenceDeadlinesTest, AStartThatIsAnsweredStillCounts) {
  RecordingTask held, late, next;
  SendToReal(&held, kStart, "hold");
  executor_.held.Wait();
  late.deadline = Soon();
  SendToReal(&late, kStart);
  late.done.Wait();
  EXPECT_TRUE(absl::IsDeadlineExceeded(late.result.status()));
  SendToReal(&next, kNone);
  executor_.release.Notify();
  next.done.Wait();
  EXPECT_TRUE(absl::IsInvalidArgument(next.result.status()));
}

TEST_F(SequenceSchedulerTest, TheQueueIsBounded) {
  RecordingTask held, waiting[3];
  ASSERT_TRUE(Send(&held, "a", kStart, "hold").ok());
  executor_.held.Wait();
  for (RecordingTask& task : waiting) {
    ASSERT_TRUE(Send(&task, "a", kNone).ok());
  }
  EXPECT_EQ(Run("a", kNone).code(), absl::StatusCode::kResourceExhausted);
  executor_.release.Notify();
  for (RecordingTask& task : waiting) task.done.Wait();
}

TEST_F(SequenceSchedulerTest, RefusesWhatIsQueuedWithAReason) {
  RecordingTask held, waiting;
  ASSERT_TRUE(Send(&held, "a", kStart, "hold").ok());
  executor_.held.Wait();
  ASSERT_TRUE(Send(&waiting, "a", kNone).ok());
  scheduler_.RefuseQueued(absl::UnavailableError("stuck"));
  waiting.done.Wait();
  EXPECT_EQ(waiting.result.status(), absl::UnavailableError("stuck"));
  executor_.release.Notify();
  held.done.Wait();
  scheduler_.Drain();
  // A request is missing, so the sequence cannot go on.
  EXPECT_EQ(Run("a", kNone).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sconce
