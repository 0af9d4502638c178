#include "server/runtime/lane_warmup.h"

#include <atomic>

#include "server/batching/batch.h"
#include "server/batching/lane_pool.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

// Whichever thread comes next has the next task.
class TaskForEach : public LaneClient {
 public:
  // Borrowed, until all tasks are answered.
  TaskForEach(std::vector<InferTask*> tasks, BatchExecutor* executor)
      : tasks_(std::move(tasks)), executor_(executor) {}

  MonoDuration RunOne() override {
    InferTask* const task = tasks_.at(next_++);
    task->trace.batch_start = Clock::Real()->Now();
    task->trace.batch_rows = task->rows;
    return executor_->Execute({{task}, task->rows});
  }

 private:
  const std::vector<InferTask*> tasks_;
  BatchExecutor* const executor_;
  std::atomic<size_t> next_ = 0;
};

}  // namespace

void WarmLanes(std::vector<std::unique_ptr<WaitingTask>> tasks,
               MethodReplica* replica) {
  std::vector<InferTask*> pointers;
  for (const auto& task : tasks) pointers.push_back(task.get());
  replica->lanes().serving->RequestEachLane(
      std::make_shared<TaskForEach>(std::move(pointers), replica->executor()));
  for (const auto& task : tasks) {
    LogDebug("warm-up ran on a lane",
             {{"method", replica->method().name()},
              {"rows", task->rows},
              {"outcome", task->Wait().status().ToString()}});
  }
}

}  // namespace sconce
