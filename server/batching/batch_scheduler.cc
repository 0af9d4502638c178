#include "server/batching/batch_scheduler.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/base/status_macros.h"
#include "server/batching/admission.h"
#include "server/batching/refusals.h"
#include "server/core/retry_after.h"

namespace sconce {
namespace {

// The thread that received requests gathers no more than this in one batch.
constexpr int64_t kMostGathered = int64_t{1} << 20;

// A turn that a queue's thread has kept for so long is stuck behind something
// else that the thread does; then a lane may have it.
constexpr auto kStuck = std::chrono::milliseconds(1);

// The resolution of gRPC's timers.
constexpr auto kNow = std::chrono::milliseconds(1);

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
      max_batch_rows_(options_.rules.max_rows),
      queue_(options_.rules) {}

absl::Status BatchScheduler::Schedule(absl::Span<InferTask* const> tasks) {
  const absl::Status pushed = TryPush(tasks);
  if (pushed.ok()) return pushed;
  {
    MutexLock lock(&mu_);
    if (HasRoom(tasks.size())) return pushed;
  }
  RemoveDead();
  return TryPush(tasks);
}

void BatchScheduler::SetMaxBatchRows(int64_t rows) {
  MutexLock lock(&mu_);
  max_batch_rows_ = rows;
  queue_.SetMaxRows(rows);
  ReportWork();
}

void BatchScheduler::SetRules(const BatchRules& rules) {
  MutexLock lock(&mu_);
  queue_.SetRules(rules);
  queue_.SetMaxRows(max_batch_rows_);
}

void BatchScheduler::SetLanes(LanePool* lanes) {
  MutexLock lock(&mu_);
  lanes_ = lanes;
  queue_.ForgetWarmUp();
}

int64_t BatchScheduler::queued() const {
  MutexLock lock(&mu_);
  return static_cast<int64_t>(queue_.size());
}

std::map<int64_t, MonoDuration> BatchScheduler::latencies() const {
  MutexLock lock(&mu_);
  return queue_.latencies();
}

absl::Status BatchScheduler::TryPush(absl::Span<InferTask* const> tasks) {
  BucketKey key = MakeBucketKey(tasks.front()->inputs);
  const bool merged = max_batch_rows_ > 0 && merges_;
  for (InferTask* task : tasks) task->queued_weight = WeightOf(*task, merged);
  NewTurn turn;
  {
    MutexLock lock(&mu_);
    const MonoTime now = options_.clock->Now();
    RETURN_IF_ERROR(Admit(key, tasks, now));
    Push(std::move(key), tasks, now);
    WakeAt(tasks.front()->deadline);
    ReportWork();
    // Taken while the tasks cannot be: with them this object may go.
    turn = NeedTurn(now);
  }
  Request(std::move(turn));
  return absl::OkStatus();
}

void BatchScheduler::Push(BucketKey key, absl::Span<InferTask* const> tasks,
                          MonoTime now) {
  int64_t weight = 0;
  for (InferTask* task : tasks) {
    task->trace.enqueued = now;
    weight += task->queued_weight;
  }
  for (InferTask* task : tasks.first(tasks.size() - 1)) queue_.Push(key, task);
  queue_.Push(std::move(key), tasks.back());
  // An atomic; here, so that it is never < 0.
  telemetry_->RecordQueued(static_cast<int64_t>(tasks.size()));
  queued_weight_.fetch_add(weight, std::memory_order_relaxed);
}

bool BatchScheduler::HasRoom(size_t tasks) const {
  return static_cast<int64_t>(queue_.size() + tasks) <= options_.max_queue_size;
}

absl::Status BatchScheduler::WhyNoRoom(size_t tasks) const {
  if (tasks == 1) return QueueFull(options_.model, options_.max_queue_size);
  return NoRoomForParts(options_.model, tasks, queue_.size(),
                        options_.max_queue_size);
}

absl::Status BatchScheduler::Admit(const BucketKey& key,
                                   absl::Span<InferTask* const> tasks,
                                   MonoTime now) {
  if (!HasRoom(tasks.size())) {
    return WithRetryAfter(WhyNoRoom(tasks.size()),
                          queue_.work() / lanes_.load()->lanes());
  }
  // What is late already, or as good as that, is told so.
  const MonoTime deadline = tasks.front()->deadline;
  if (deadline == kNoDeadline || deadline - now < kNow) {
    return absl::OkStatus();
  }
  const BatchQueue::Ahead mine = queue_.LookAhead(key, tasks);
  const WorkAhead ahead = Ahead(mine.work);
  const bool idle = ahead.lane_is_free && queue_.empty();
  const MonoDuration batch =
      idle && tasks.size() == 1 ? mine.alone : mine.batch;
  const MonoDuration left = deadline - now;
  const MonoDuration late = Lateness(ahead, batch, left);
  if (late <= MonoDuration::zero()) return absl::OkStatus();
  const MonoDuration late_alone = LatenessAlone(mine, tasks.size(), left);
  if (late_alone <= MonoDuration::zero()) {
    return WithRetryAfter(TooLate(options_.model, left, left + late), late);
  }
  // What this one takes may have nothing to do with what others took.
  if (idle && !options_.bounded_time) return absl::OkStatus();
  if (queue_.empty() && trials_.LetIn(left)) return absl::OkStatus();
  return WithoutRetry(TooSlow(options_.model, left, left + late_alone));
}

MonoDuration BatchScheduler::LatenessAlone(const BatchQueue::Ahead& mine,
                                           size_t tasks,
                                           MonoDuration left) const {
  if (tasks == 1) return Lateness({}, mine.alone, left);
  WorkAhead parts;
  parts.lanes = lanes_.load()->lanes();
  parts.own = mine.work - queue_.work();
  return Lateness(parts, mine.batch, left);
}

WorkAhead BatchScheduler::Ahead(MonoDuration own) const {
  WorkAhead ahead;
  const LanePool* const lanes = lanes_;
  // The calling thread runs short batches itself, however busy the lanes are.
  const bool waits_for_lane = turn_requested_ && !turn_kept_;
  if (waits_for_lane || !lanes->WouldKeep(*this)) {
    ahead = lanes->Load();
    ahead.others =
        std::max(ahead.others - reported_work_, MonoDuration::zero());
    ahead.other_weights -= reported_weight_;
  }
  ahead.own = own;
  ahead.own_weight = options_.share->weight();
  return ahead;
}

BatchScheduler::NewTurn BatchScheduler::NeedTurn(MonoTime now) {
  if (queue_.runnable() == 0) return {};
  if (options_.max_running > 0 && batches_ >= options_.max_running) return {};
  const Urgency urgency = QueueUrgency();
  const bool is_stuck =
      turn_requested_ && turn_kept_ && now - turn_time_ > kStuck;
  const bool overtakes =
      turn_requested_ && !turn_kept_ && urgency < turn_urgency_;
  if (turn_requested_ && !is_stuck && !overtakes) return {};
  const bool needs_lane = is_stuck || overtakes;
  turn_requested_ = true;
  turn_kept_ = !needs_lane && lanes_.load()->WouldKeep(*this);
  turn_time_ = now;
  turn_urgency_ = urgency;
  const MonoDuration cost =
      turn_kept_ ? MonoDuration::zero() : queue_.NextBatch();
  return {shared_from_this(), {options_.share, cost, urgency}, needs_lane};
}

void BatchScheduler::Request(NewTurn turn) {
  if (turn.client == nullptr) return;
  LanePool* const lanes = lanes_;
  if (turn.needs_lane) {
    lanes->RequestLane(std::move(turn.client), std::move(turn.turn));
  } else {
    lanes->RequestTurn(std::move(turn.client), std::move(turn.turn));
  }
}

Urgency BatchScheduler::QueueUrgency() const {
  const int64_t priority = queue_.FirstPriority();
  if (priority == options_.default_priority) return Urgency::kNormal;
  return priority < options_.default_priority ? Urgency::kHigh : Urgency::kLow;
}

void BatchScheduler::ReportWork() {
  const MonoDuration work = queue_.work();
  const int64_t weight = queue_.runnable() > 0 ? options_.share->weight() : 0;
  if (work == reported_work_ && weight == reported_weight_) return;
  lanes_.load()->AddQueued(work - reported_work_, weight - reported_weight_);
  reported_work_ = work;
  reported_weight_ = weight;
}

// One alarm goes off for many deadlines: most requests are answered before.
void BatchScheduler::WakeAt(MonoTime time) {
  if (time >= alarm_) return;
  alarm_ = time;
  if (options_.alarms == nullptr) return;
  options_.alarms->Set(time, weak_from_this());
}

void BatchScheduler::OnAlarm() {
  BatchQueue::Taken dead;
  NewTurn turn;
  {
    MutexLock lock(&mu_);
    alarm_ = kNoDeadline;
    if (queue_.empty()) return;
    ++running_;
    const MonoTime now = options_.clock->Now();
    dead = queue_.TakeDead(now);
    WakeAt(queue_.FirstDeadline());
    ReportWork();
    turn = NeedTurn(now);
  }
  Refuse(dead);
  Request(std::move(turn));
  Leave();
}

void BatchScheduler::RemoveDead() {
  BatchQueue::Taken dead;
  {
    MutexLock lock(&mu_);
    ++running_;
    dead = queue_.TakeDead(options_.clock->Now());
    ReportWork();
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
    ReportWork();
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
      taken.batch.tasks.empty() ? MonoDuration::zero() : Execute(&taken);
  if (!taken.batch.tasks.empty()) EndBatch();
  Leave();
  return took;
}

void BatchScheduler::EndBatch() {
  NewTurn turn;
  {
    MutexLock lock(&mu_);
    const bool was_full =
        options_.max_running > 0 && batches_ >= options_.max_running;
    --batches_;
    if (was_full) turn = NeedTurn(options_.clock->Now());
  }
  Request(std::move(turn));
}

void BatchScheduler::Leave() {
  MutexLock lock(&mu_);
  if (--running_ == 0) idle_.SignalAll();
}

BatchQueue::Taken BatchScheduler::Take(MonoTime now) {
  NewTurn turn;
  BatchQueue::Taken taken;
  {
    MutexLock lock(&mu_);
    ++running_;
    taken = queue_.Take(now);
    ReportWork();
    turn_requested_ = false;
    if (taken.batch.tasks.empty()) {
      WakeAt(taken.look_again);
    } else {
      ++batches_;
      turn = NeedTurn(now);
      const auto expected = taken.latencies->Of(taken.batch.rows);
      LanePool::ExpectRun(expected.value_or(LatencyEstimate()).typical);
    }
  }
  // Before this batch runs, so that another free lane takes the next one.
  Request(std::move(turn));
  return taken;
}

MonoDuration BatchScheduler::Execute(BatchQueue::Taken* taken) {
  Batch& batch = taken->batch;
  CountOut(batch.tasks);
  // Read after the batch was taken: what came in meanwhile may be part of it,
  // and has not waited a negative time.
  const MonoTime now = options_.clock->Now();
  for (InferTask* task : batch.tasks) {
    task->trace.batch_start = now;
    task->trace.batch_rows = batch.rows;
  }
  const MonoDuration took = executor_->Execute(batch);
  run_time_.Add(took);
  MutexLock lock(&mu_);
  taken->latencies->Add(batch.rows, took);
  trials_.Judge(took);
  merges_ = RowLimit(queue_.rules(), *taken->latencies) > 1;
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
