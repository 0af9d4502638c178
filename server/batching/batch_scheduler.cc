#include "server/batching/batch_scheduler.h"

#include <chrono>
#include <utility>

#include "server/batching/refusals.h"

namespace sconce {
namespace {

// The thread that received requests gathers no more than this in one batch.
constexpr int64_t kMostGathered = int64_t{1} << 20;

// A turn that a queue's thread has kept for so long is stuck behind something
// else that the thread does; then a lane may have it.
constexpr auto kStuck = std::chrono::milliseconds(1);

// What a request adds to the weight of its queue.
int64_t WeightOf(const InferTask& task, bool merged) {
  int64_t bytes = 0;
  for (const InputTensor& input : task.inputs) {
    bytes += static_cast<int64_t>(input.bytes.size());
  }
  return merged || bytes > kMostGathered ? bytes : 0;
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
      max_batch_rows_(options_.max_batch_rows),
      queue_(options_.max_batch_rows) {}

absl::Status BatchScheduler::Schedule(InferTask* task) {
  if (TryPush(task)) return absl::OkStatus();
  RemoveDead();
  if (TryPush(task)) return absl::OkStatus();
  return QueueFull(options_.model, options_.max_queue_size);
}

void BatchScheduler::SetMaxBatchRows(int64_t rows) {
  MutexLock lock(&mu_);
  max_batch_rows_ = rows;
  queue_.SetMaxRows(rows);
}

int64_t BatchScheduler::queued() const {
  MutexLock lock(&mu_);
  return static_cast<int64_t>(queue_.size());
}

bool BatchScheduler::TryPush(InferTask* task) {
  const int64_t max_rows = max_batch_rows_;
  BucketKey key = KeyOf(*task, max_rows);
  task->queued_weight = WeightOf(*task, max_rows > 0);
  std::shared_ptr<BatchScheduler> turn;
  bool stuck = false;
  {
    MutexLock lock(&mu_);
    if (static_cast<int64_t>(queue_.size()) >= options_.max_queue_size) {
      return false;
    }
    const MonoTime now = options_.clock->Now();
    task->trace.enqueued = now;
    if (max_rows != queue_.max_rows()) key = KeyOf(*task, queue_.max_rows());
    queue_.Push(std::move(key), task);
    telemetry_->RecordQueued(1);  // an atomic; here, so that it is never < 0
    queued_weight_.fetch_add(task->queued_weight, std::memory_order_relaxed);
    stuck = turn_requested_ && turn_kept_ && now - turn_time_ > kStuck;
    if (!turn_requested_ || stuck) {
      // Taken while the task cannot be: with it this object may go.
      turn = shared_from_this();
      turn_requested_ = true;
      turn_kept_ = !stuck && lanes_.load()->WouldKeep(*this);
      turn_time_ = now;
    }
  }
  if (stuck) {
    lanes_.load()->RequestLane(std::move(turn));
  } else if (turn != nullptr) {
    lanes_.load()->RequestTurn(std::move(turn));
  }
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

void BatchScheduler::RefuseQueued(const absl::Status& why) {
  std::vector<InferTask*> tasks;
  {
    MutexLock lock(&mu_);
    ++running_;
    tasks = queue_.TakeAll();
  }
  CountOut(tasks);
  for (InferTask* task : tasks) task->Finish(why);
  Leave();
}

bool BatchScheduler::IsShort() const {
  return options_.bounded_time && run_time_.IsShort() &&
         queued_weight_.load(std::memory_order_relaxed) <= kMostGathered;
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
    turn_kept_ = more && lanes_.load()->WouldKeep(*this);
    turn_time_ = now;
  }
  // Before this batch runs, so that another free lane takes the next one.
  if (more) lanes_.load()->RequestTurn(shared_from_this());
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
  latencies_.Add(batch->rows, took);
  return took;
}

void BatchScheduler::CountOut(const std::vector<InferTask*>& tasks) {
  if (tasks.empty()) return;
  telemetry_->RecordQueued(-static_cast<int64_t>(tasks.size()));
  int64_t weight = 0;
  for (const InferTask* task : tasks) weight += task->queued_weight;
  queued_weight_.fetch_sub(weight, std::memory_order_relaxed);
}

void BatchScheduler::Refuse(const BatchQueue::Taken& taken) {
  CountOut(taken.expired);
  CountOut(taken.cancelled);
  for (InferTask* task : taken.expired) {
    task->Finish(ExpiredWhileQueued(options_.model));
  }
  for (InferTask* task : taken.cancelled) {
    task->Finish(CancelledWhileQueued(options_.model));
  }
}

void BatchScheduler::Drain() {
  MutexLock lock(&mu_);
  while (!queue_.empty() || running_ > 0) idle_.Wait(&mu_);
}

}  // namespace sconce
