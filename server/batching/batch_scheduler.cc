#include "server/batching/batch_scheduler.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sconce {

std::shared_ptr<BatchScheduler> BatchScheduler::Create(
    Options options, LanePool* lanes, BatchExecutor* executor,
    ServableTelemetry* telemetry) {
  return std::shared_ptr<BatchScheduler>(
      new BatchScheduler(std::move(options), lanes, executor, telemetry));
}

BatchScheduler::BatchScheduler(Options options, LanePool* lanes,
                               BatchExecutor* executor,
                               ServableTelemetry* telemetry)
    : options_(std::move(options)),
      lanes_(lanes),
      executor_(executor),
      telemetry_(telemetry),
      queue_(options_.max_batch_rows) {}

absl::Status BatchScheduler::Schedule(InferTask* task) {
  bool request_turn = false;
  {
    MutexLock lock(&mu_);
    const auto queued = static_cast<int64_t>(queue_.size());
    if (queued >= options_.max_queue_size) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "the queue of model '", options_.model, "' is full: ", queued,
          " requests wait, the limit is ", options_.max_queue_size,
          "; send slower or try again later"));
    }
    task->trace.enqueued = options_.clock->Now();
    queue_.Push(task);
    telemetry_->RecordQueued(1);  // an atomic; here, so that it is never < 0
    request_turn = !std::exchange(turn_requested_, true);
  }
  if (request_turn) lanes_->RequestTurn(shared_from_this());
  return absl::OkStatus();
}

void BatchScheduler::RunOne() {
  const MonoTime now = options_.clock->Now();
  BatchQueue::Taken taken = Take(now);
  const size_t left_queue = taken.batch.tasks.size() + taken.expired.size() +
                            taken.cancelled.size();
  if (left_queue > 0) {
    telemetry_->RecordQueued(-static_cast<int64_t>(left_queue));
  }
  Refuse(taken);
  if (!taken.batch.tasks.empty()) Execute(&taken.batch, now);
  MutexLock lock(&mu_);
  if (--running_ == 0) idle_.SignalAll();
}

BatchQueue::Taken BatchScheduler::Take(MonoTime now) {
  bool more = false;
  BatchQueue::Taken taken;
  {
    MutexLock lock(&mu_);
    ++running_;
    taken = queue_.Take(now);
    more = !queue_.empty();
    turn_requested_ = more;
  }
  // Before this batch runs, so that another free lane takes the next one.
  if (more) lanes_->RequestTurn(shared_from_this());
  return taken;
}

void BatchScheduler::Execute(Batch* batch, MonoTime now) {
  for (InferTask* task : batch->tasks) {
    task->trace.batch_start = now;
    task->trace.batch_rows = batch->rows;
  }
  executor_->Execute(*batch);
}

void BatchScheduler::Refuse(const BatchQueue::Taken& taken) {
  for (InferTask* task : taken.expired) {
    task->Finish(absl::DeadlineExceededError(absl::StrCat(
        "the deadline passed while the request waited for model '",
        options_.model, "'; it was not run")));
  }
  for (InferTask* task : taken.cancelled) {
    task->Finish(absl::CancelledError(absl::StrCat(
        "the request for model '", options_.model,
        "' was cancelled while it waited; it was not run")));
  }
}

void BatchScheduler::Drain() {
  MutexLock lock(&mu_);
  while (!queue_.empty() || running_ > 0) idle_.Wait(&mu_);
}

}  // namespace sconce
