#include "server/batching/batch_scheduler.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

// The thread that received a request gathers no more than this for it.
constexpr size_t kLargeInputs = size_t{1} << 20;

bool IsLarge(const InferTask& task) {
  size_t bytes = 0;
  for (const InputTensor& input : task.inputs) bytes += input.bytes.size();
  return bytes > kLargeInputs;
}

}  // namespace

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
  if (TryPush(task)) return absl::OkStatus();
  RemoveDead();
  if (TryPush(task)) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "the queue of model '", options_.model, "' is full: ",
      options_.max_queue_size, " requests wait, and the limit is ",
      options_.max_queue_size, "; send slower or try again later"));
}

bool BatchScheduler::TryPush(InferTask* task) {
  bool request_turn = false;
  {
    MutexLock lock(&mu_);
    if (static_cast<int64_t>(queue_.size()) >= options_.max_queue_size) {
      return false;
    }
    task->trace.enqueued = options_.clock->Now();
    queue_.Push(task);
    telemetry_->RecordQueued(1);  // an atomic; here, so that it is never < 0
    if (IsLarge(*task)) large_queued_.fetch_add(1, std::memory_order_relaxed);
    request_turn = !std::exchange(turn_requested_, true);
  }
  if (request_turn) lanes_->RequestTurn(shared_from_this());
  return true;
}

void BatchScheduler::RemoveDead() {
  BatchQueue::Taken dead;
  {
    MutexLock lock(&mu_);
    ++running_;
    dead = queue_.TakeDead(options_.clock->Now());
  }
  Refuse(dead);
  Leave();
}

bool BatchScheduler::IsShort() const {
  return options_.bounded_time && run_time_.IsShort() &&
         large_queued_.load(std::memory_order_relaxed) == 0;
}

MonoDuration BatchScheduler::RunOne() {
  BatchQueue::Taken taken = Take(options_.clock->Now());
  Refuse(taken);
  const MonoDuration took =
      taken.batch.tasks.empty() ? MonoDuration::zero() : Execute(&taken.batch);
  Leave();
  return took;
}

void BatchScheduler::Leave() {
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

MonoDuration BatchScheduler::Execute(Batch* batch) {
  CountOut(batch->tasks);
  // Read after the batch was taken: what came in meanwhile may be part of it,
  // and has not waited a negative time.
  const MonoTime now = options_.clock->Now();
  for (InferTask* task : batch->tasks) {
    task->trace.batch_start = now;
    task->trace.batch_rows = batch->rows;
  }
  const MonoDuration took = executor_->Execute(*batch);
  run_time_.Add(took);
  return took;
}

void BatchScheduler::CountOut(const std::vector<InferTask*>& tasks) {
  if (tasks.empty()) return;
  telemetry_->RecordQueued(-static_cast<int64_t>(tasks.size()));
  const auto large =
      std::count_if(tasks.begin(), tasks.end(),
                    [](const InferTask* task) { return IsLarge(*task); });
  if (large > 0) large_queued_.fetch_sub(large, std::memory_order_relaxed);
}

void BatchScheduler::Refuse(const BatchQueue::Taken& taken) {
  CountOut(taken.expired);
  CountOut(taken.cancelled);
  for (InferTask* task : taken.expired) {
    task->Finish(absl::DeadlineExceededError(
        absl::StrCat("the deadline passed while the request waited for model '",
                     options_.model, "'; it was not run")));
  }
  for (InferTask* task : taken.cancelled) {
    task->Finish(absl::CancelledError(
        absl::StrCat("the request for model '", options_.model,
                     "' was cancelled while it waited; it was not run")));
  }
}

void BatchScheduler::Drain() {
  MutexLock lock(&mu_);
  while (!queue_.empty() || running_ > 0) idle_.Wait(&mu_);
}

}  // namespace sconce
