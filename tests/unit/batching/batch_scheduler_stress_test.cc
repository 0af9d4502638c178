#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <vector>

#include "gtest/gtest.h"

#include "server/base/thread.h"
#include "server/batching/batch_scheduler.h"

namespace sconce {
namespace {

constexpr int kThreads = 4;
constexpr int kTasksPerThread = 500;
constexpr int64_t kMaxRows = 8;

// Every look at it is a nanosecond later than the one before.
class TickingClock : public Clock {
 public:
  MonoTime Now() const override { return MonoTime(MonoDuration(++now_)); }

 private:
  mutable std::atomic<MonoDuration::rep> now_ = 1'000'000;
};

// Counts its answers. Written by one lane at a time, read after the drain.
class CountingTask : public InferTask {
 public:
  CountingTask(int number, bool is_cancelled) : cancelled(is_cancelled) {
    rows = number % 4;  // also requests without rows
    inputs.push_back(
        {"x", DataType::kFp32, {rows, 1 + number % 3}, ByteChunks()});
  }

  bool IsCancelled() const override { return cancelled; }
  void Finish(absl::StatusOr<std::vector<OutputTensor>> outputs) override {
    code = outputs.status().code();
    ++answers;
  }

  const bool cancelled;
  std::atomic<int> runs = 0;
  std::atomic<int> answers = 0;
  absl::StatusCode code = absl::StatusCode::kUnknown;
};

// Whether this thread is a lane or joined the lanes.
thread_local bool joined = false;

// Checks each batch while it runs.
class CheckingExecutor : public BatchExecutor {
 public:
  MonoDuration Execute(const Batch& batch) override {
    Check(batch);
    if (!joined) ++strangers;
    for (InferTask* task : batch.tasks) {
      ++static_cast<CountingTask*>(task)->runs;
      task->Finish(std::vector<OutputTensor>());
    }
    return MonoDuration::zero();
  }

  std::atomic<int> strangers = 0;
  std::atomic<int> mixed_batches = 0;
  std::atomic<int> oversized_batches = 0;
  std::atomic<int> negative_waits = 0;

 private:
  void Check(const Batch& batch) {
    const int64_t width = batch.tasks[0]->inputs[0].shape[1];
    for (const InferTask* task : batch.tasks) {
      if (task->inputs[0].shape[1] != width) ++mixed_batches;
      if (task->trace.Queue() < MonoDuration::zero()) ++negative_waits;
    }
    if (batch.rows > kMaxRows) ++oversized_batches;
  }
};

// Producers send all tasks through one scheduler with three lanes. Every other
// one joins the lanes, as a completion queue's thread does, so that it runs
// short batches itself.
class BatchSchedulerStressTest : public testing::Test {
 protected:
  BatchSchedulerStressTest() {
    for (int i = 0; i < kThreads * kTasksPerThread; ++i) {
      tasks_.emplace_back(i, /*is_cancelled=*/i % 7 == 0);
    }
  }

  void Run() {
    LanePool pool({3, [] { joined = true; }});
    const auto scheduler =
        BatchScheduler::Create({.model = "net",
                                .rules = {.max_rows = kMaxRows},
                                .max_queue_size = kThreads * kTasksPerThread,
                                .clock = &clock_,
                                .bounded_time = true},
                               &pool, &executor_, &telemetry_);
    {
      std::vector<Thread> producers;
      for (int t = 0; t < kThreads; ++t) {
        producers.emplace_back("produce", [this, t, &scheduler, &pool] {
          const bool joins = t % 2 == 0;
          if (joins) pool.JoinThread();
          for (int i = 0; i < kTasksPerThread; ++i) {
            CountingTask& task = tasks_[t * kTasksPerThread + i];
            EXPECT_TRUE(scheduler->Schedule(&task).ok());
            if (joins && i % 8 == 7 && pool.HasWork()) pool.RunWork();
          }
          if (joins) pool.RunWork();
        });
      }
    }
    scheduler->Drain();
  }

  template <typename Predicate>
  int64_t CountTasks(Predicate predicate) const {
    return std::count_if(tasks_.begin(), tasks_.end(), predicate);
  }

  TickingClock clock_;
  ServerMetrics metrics_;
  ServableTelemetry telemetry_{metrics_.ForServable("net", 1)};
  CheckingExecutor executor_;
  std::deque<CountingTask> tasks_;
};

TEST_F(BatchSchedulerStressTest, EveryTaskIsAnsweredOnce) {
  Run();
  EXPECT_EQ(CountTasks([](const auto& t) { return t.answers != 1; }), 0);
}

TEST_F(BatchSchedulerStressTest, EveryLiveTaskIsRunOnceAndNoOther) {
  Run();
  EXPECT_EQ(
      CountTasks([](const auto& t) { return t.runs != (t.cancelled ? 0 : 1); }),
      0);
}

TEST_F(BatchSchedulerStressTest, EveryTaskGetsTheAnswerOfItsKind) {
  Run();
  EXPECT_EQ(CountTasks([](const auto& t) {
              return t.code != (t.cancelled ? absl::StatusCode::kCancelled
                                            : absl::StatusCode::kOk);
            }),
            0);
}

TEST_F(BatchSchedulerStressTest, NoBatchMixesShapesOrIsTooLarge) {
  Run();
  EXPECT_EQ(executor_.mixed_batches, 0);
  EXPECT_EQ(executor_.oversized_batches, 0);
}

TEST_F(BatchSchedulerStressTest, OnlyLanesAndThreadsThatJoinedRunBatches) {
  Run();
  EXPECT_EQ(executor_.strangers, 0);
}

TEST_F(BatchSchedulerStressTest, NoRequestWaitedANegativeTime) {
  Run();
  EXPECT_EQ(executor_.negative_waits, 0);
}

}  // namespace
}  // namespace sconce
