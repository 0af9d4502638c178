// BatchSchedulerTest: a scheduler with lanes of its own, a clock that stands
// still, and an executor that a test looks into.
#ifndef TESTS_UNIT_BATCHING_BATCH_SCHEDULER_FIXTURE_H_
#define TESTS_UNIT_BATCHING_BATCH_SCHEDULER_FIXTURE_H_

#include <prometheus/registry.h>

#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "server/base/mutex.h"
#include "server/batching/batch_scheduler.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recording_task.h"

namespace sconce {

// Remembers the batches and answers every task with no outputs. Thread-safe.
class RecordingExecutor : public BatchExecutor {
 public:
  MonoDuration Execute(const Batch& batch) override {
    before_();
    {
      MutexLock lock(&mu_);
      batches_.push_back(batch.tasks);
    }
    for (InferTask* task : batch.tasks) {
      task->Finish(std::vector<OutputTensor>());
    }
    return took_;
  }

  // What executions pretend to take. Call before any.
  void SetTook(MonoDuration took) { took_ = took; }

  // Runs `before` at the begin of each execution. Call before any.
  void SetBefore(std::function<void()> before) { before_ = std::move(before); }

  std::vector<std::vector<InferTask*>> batches() {
    MutexLock lock(&mu_);
    return batches_;
  }

 private:
  std::function<void()> before_ = [] {};
  MonoDuration took_ = MonoDuration::zero();
  Mutex mu_;
  std::vector<std::vector<InferTask*>> batches_ ABSL_GUARDED_BY(mu_);
};

class BatchSchedulerTest : public testing::Test {
 protected:
  static constexpr int kLanes = 2;

  BatchSchedulerTest() : pool_({kLanes, [] {}}) {}

  std::shared_ptr<BatchScheduler> Make(int64_t max_batch_rows,
                                       int64_t max_queue_size = 100) {
    return Make({.rules = {.max_rows = max_batch_rows},
                 .max_queue_size = max_queue_size});
  }
  std::shared_ptr<BatchScheduler> Make(BatchScheduler::Options options) {
    options.model = "net";
    options.clock = &clock_;
    return BatchScheduler::Create(std::move(options), &pool_, &executor_,
                                  &telemetry_);
  }

  RecordingTask* NewTask(const Shape& shape = {1, 3}) {
    RecordingTask& task = tasks_.emplace_back();
    task.AddInput("x", shape, 0);
    return &task;
  }

  RecordingTask* Schedule(BatchScheduler* scheduler,
                          const Shape& shape = {1, 3}) {
    RecordingTask* const task = NewTask(shape);
    const absl::Status status = scheduler->Schedule(task);
    EXPECT_TRUE(status.ok()) << status;
    return task;
  }

  // The gauge of waiting requests.
  double Queued() {
    for (const auto& family : metrics_.registry()->Collect()) {
      if (family.name == "sconce_queued_requests") {
        return family.metric.at(0).gauge.value;
      }
    }
    return -1;
  }

  FakeClock clock_;
  ServerMetrics metrics_;
  ServableTelemetry telemetry_{metrics_.ForServable("net", 1)};
  RecordingExecutor executor_;
  std::deque<RecordingTask> tasks_;
  LanePool pool_;  // last: its lanes end before what they use
};

}  // namespace sconce

#endif  // TESTS_UNIT_BATCHING_BATCH_SCHEDULER_FIXTURE_H_
