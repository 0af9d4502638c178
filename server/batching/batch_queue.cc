#include "server/batching/batch_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/container/inlined_vector.h"

namespace sconce {
namespace {

bool HasPriority(const InferTask* a, const InferTask* b) {
  return a->priority < b->priority;
}

// Zero when nothing is known.
LatencyEstimate Estimate(const LatencyModel& latencies, int64_t rows) {
  return latencies.Of(rows).value_or(LatencyEstimate());
}

}  // namespace

void BatchQueue::SetMaxRows(int64_t max_rows) {
  rules_.max_rows = max_rows;
  for (auto& [key, bucket] : buckets_) UpdateWork(&bucket);
}

BatchQueue::Ahead BatchQueue::LookAhead(
    const BucketKey& key, absl::Span<InferTask* const> tasks) const {
  Ahead ahead;
  ahead.work = work_;
  const auto found = buckets_.find(key);
  if (found == buckets_.end()) return ahead;
  const Bucket& bucket = found->second;
  const LatencyModel& latencies = *bucket.latencies;
  const int64_t limit = RowLimit(rules_, latencies);
  const int64_t rows = tasks.back()->rows;
  const Amount before = Before(bucket, tasks);
  const int64_t apart = RowsApart(before.rows, rows, limit);
  // Others will join, about as many as joined the last batches.
  const int64_t together = std::max(
      {before.rows - apart + rows, bucket.last_rows[0], bucket.last_rows[1]});
  ahead.work += WorkOf(bucket, {before.requests, apart}) - bucket.work;
  ahead.batch =
      Estimate(latencies, std::max(std::min(together, limit), rows)).most;
  ahead.alone = Estimate(latencies, rows).most;
  return ahead;
}

void BatchQueue::Push(BucketKey key, InferTask* task) {
  task->queue_order = ++last_order_;
  Bucket& bucket = buckets_[std::move(key)];
  std::deque<InferTask*>& tasks = bucket.tasks;
  if (tasks.empty() || !HasPriority(task, tasks.back())) {
    tasks.push_back(task);
  } else {
    tasks.insert(
        std::upper_bound(tasks.begin(), tasks.end(), task, HasPriority), task);
  }
  bucket.rows += task->rows;
  UpdateWork(&bucket);
  ++size_;
}

BucketHead BatchQueue::HeadOf(const Bucket& bucket) {
  const InferTask& head = *bucket.tasks.front();
  return {head.priority, head.queue_order};
}

BatchQueue::Taken BatchQueue::Take(MonoTime now) {
  Taken taken;
  absl::InlinedVector<BucketHead, 16> heads;
  absl::InlinedVector<Buckets::iterator, 16> buckets;
  for (auto it = buckets_.begin(); it != buckets_.end(); ++it) {
    if (it->second.tasks.empty()) continue;
    heads.push_back(HeadOf(it->second));
    buckets.push_back(it);
  }
  while (taken.batch.tasks.empty() && !heads.empty()) {
    const auto chosen =
        std::min_element(heads.begin(), heads.end(), GoesBefore) -
        heads.begin();
    const auto bucket = buckets[static_cast<size_t>(chosen)];
    TakeFrom(now, &bucket->second, &taken);
    MaybeErase(bucket);
    heads.erase(heads.begin() + chosen);
    buckets.erase(buckets.begin() + chosen);
  }
  return taken;
}

void BatchQueue::MaybeErase(Buckets::iterator bucket) {
  constexpr size_t kKept = 64;
  constexpr size_t kSmallKey = 64;  // words; others hold clients' values
  if (!bucket->second.tasks.empty() || !bucket->second.hopeless.empty()) return;
  if (buckets_.size() > kKept || bucket->first.size() > kSmallKey) {
    buckets_.erase(bucket);
  }
}

WaitingRequest BatchQueue::Describe(const InferTask& task) const {
  return {task.rows, task.trace.enqueued, task.deadline, HasRowsToStack(task)};
}

std::vector<InferTask*> BatchQueue::TakeWindow(MonoTime now, Bucket* bucket,
                                               Taken* taken) {
  std::vector<InferTask*> window;
  const int64_t enough = 2 * std::max(rules_.max_rows, int64_t{1});
  int64_t rows = 0;
  while (!bucket->tasks.empty() && rows < enough) {
    InferTask* const task = bucket->tasks.front();
    bucket->tasks.pop_front();
    bucket->rows -= task->rows;
    if (IsDead(now, task, taken)) {
      --size_;
    } else if (size_ > 1 &&
               IsHopeless(Describe(*task), *bucket->latencies, now)) {
      bucket->hopeless.push_back(task);
      ++hopeless_;
    } else {
      window.push_back(task);
      rows += std::max(task->rows, int64_t{1});
    }
  }
  return window;
}

void BatchQueue::TakeFrom(MonoTime now, Bucket* bucket, Taken* taken) {
  std::vector<InferTask*> window = TakeWindow(now, bucket, taken);
  absl::InlinedVector<WaitingRequest, 16> waiting;
  for (const InferTask* task : window) waiting.push_back(Describe(*task));
  const BatchChoice choice =
      ChooseBatch(waiting, rules_, *bucket->latencies, now);
  taken->look_again = std::min(taken->look_again, choice.look_again);
  for (const size_t i : choice.taken) {
    InferTask* const task = std::exchange(window[i], nullptr);
    taken->batch.tasks.push_back(task);
    taken->batch.rows += task->rows;
    --size_;
  }
  for (auto it = window.rbegin(); it != window.rend(); ++it) {
    if (*it == nullptr) continue;
    bucket->tasks.push_front(*it);
    bucket->rows += (*it)->rows;
  }
  if (!choice.taken.empty()) {
    taken->latencies = bucket->latencies;
    bucket->last_rows = {taken->batch.rows, bucket->last_rows[0]};
  }
  UpdateWork(bucket);
}

BatchQueue::Taken BatchQueue::TakeDead(MonoTime now) {
  Taken taken;
  const auto is_dead = [&](InferTask* task) {
    return IsDead(now, task, &taken);
  };
  for (auto it = buckets_.begin(); it != buckets_.end();) {
    Bucket& bucket = it->second;
    size_ -= std::erase_if(bucket.tasks, is_dead);
    const size_t gone = std::erase_if(bucket.hopeless, is_dead);
    hopeless_ -= gone;
    size_ -= gone;
    bucket.rows = 0;
    for (const InferTask* task : bucket.tasks) bucket.rows += task->rows;
    UpdateWork(&bucket);
    MaybeErase(it++);
  }
  return taken;
}

std::vector<InferTask*> BatchQueue::TakeAll() {
  std::vector<InferTask*> all;
  for (const auto& [key, bucket] : buckets_) {
    all.insert(all.end(), bucket.tasks.begin(), bucket.tasks.end());
    all.insert(all.end(), bucket.hopeless.begin(), bucket.hopeless.end());
  }
  buckets_.clear();
  size_ = 0;
  hopeless_ = 0;
  work_ = MonoDuration::zero();
  return all;
}

MonoTime BatchQueue::FirstDeadline() const {
  MonoTime first = kNoDeadline;
  for (const auto& [key, bucket] : buckets_) {
    for (const InferTask* t : bucket.tasks)
      first = std::min(first, t->deadline);
    for (const InferTask* t : bucket.hopeless) {
      first = std::min(first, t->deadline);
    }
  }
  return first;
}

const BatchQueue::Bucket* BatchQueue::NextBucket() const {
  const Bucket* next = nullptr;
  BucketHead first;
  for (const auto& [key, bucket] : buckets_) {
    if (bucket.tasks.empty()) continue;
    const BucketHead head = HeadOf(bucket);
    if (next != nullptr && !GoesBefore(head, first)) continue;
    next = &bucket;
    first = head;
  }
  return next;
}

int64_t BatchQueue::FirstPriority() const {
  return NextBucket()->tasks.front()->priority;
}

MonoDuration BatchQueue::NextBatch() const {
  const Bucket* const next = NextBucket();
  if (next == nullptr) return MonoDuration::zero();
  const int64_t rows = std::min(
      next->rows, std::max(rules_.max_rows, next->tasks.front()->rows));
  return Estimate(*next->latencies, rows).typical;
}

std::map<int64_t, MonoDuration> BatchQueue::latencies() const {
  std::map<int64_t, MonoDuration> longest;
  for (const auto& [key, bucket] : buckets_) {
    for (const auto& [rows, took] : bucket.latencies->Get()) {
      longest[rows] = std::max(longest[rows], took);
    }
  }
  return longest;
}

void BatchQueue::ForgetWarmUp() {
  for (auto& [key, bucket] : buckets_) bucket.latencies->ForgetWarmUp();
}

BatchQueue::Amount BatchQueue::Before(const Bucket& bucket,
                                      absl::Span<InferTask* const> tasks) {
  Amount before = BeforeFirst(bucket, *tasks.front());
  for (const InferTask* task : tasks.first(tasks.size() - 1)) {
    ++before.requests;
    before.rows += task->rows;
  }
  return before;
}

BatchQueue::Amount BatchQueue::BeforeFirst(const Bucket& bucket,
                                           const InferTask& task) {
  const std::deque<InferTask*>& tasks = bucket.tasks;
  if (tasks.empty() || !HasPriority(&task, tasks.back())) {
    return {static_cast<int64_t>(tasks.size()), bucket.rows};
  }
  Amount before;
  for (const InferTask* other : tasks) {
    if (HasPriority(&task, other)) break;
    ++before.requests;
    before.rows += other->rows;
  }
  return before;
}

int64_t BatchQueue::RowsApart(int64_t before, int64_t rows, int64_t limit) {
  if (limit == 0) return before;
  const int64_t batches = (before + std::min(rows, limit) - 1) / limit;
  return std::min(before, batches * limit);
}

MonoDuration BatchQueue::WorkOf(const Bucket& bucket,
                                const Amount& amount) const {
  if (amount.rows == 0) return MonoDuration::zero();
  const LatencyModel& latencies = *bucket.latencies;
  const int64_t limit = RowLimit(rules_, latencies);
  if (limit == 0) {
    const int64_t rows = amount.rows / amount.requests;
    return amount.requests * Estimate(latencies, rows).typical;
  }
  const int64_t rest = amount.rows % limit;
  MonoDuration work = amount.rows / limit * Estimate(latencies, limit).typical;
  if (rest > 0) work += Estimate(latencies, rest).typical;
  return work;
}

void BatchQueue::UpdateWork(Bucket* bucket) {
  work_ -= bucket->work;
  bucket->work = WorkOf(
      *bucket, {static_cast<int64_t>(bucket->tasks.size()), bucket->rows});
  work_ += bucket->work;
}

bool BatchQueue::IsDead(MonoTime now, InferTask* task, Taken* taken) {
  // At its deadline gRPC also cancels the call; the deadline is the cause.
  if (task->deadline <= now) {
    taken->expired.push_back(task);
  } else if (task->IsCancelled()) {
    taken->cancelled.push_back(task);
  } else {
    return false;
  }
  return true;
}

}  // namespace sconce
