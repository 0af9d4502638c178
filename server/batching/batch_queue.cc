#include "server/batching/batch_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/container/inlined_vector.h"

#include "server/batching/batch_policy.h"

namespace sconce {

void BatchQueue::SetMaxRows(int64_t max_rows) {
  std::vector<InferTask*> queued;
  for (const auto& [key, bucket] : buckets_) {
    queued.insert(queued.end(), bucket.begin(), bucket.end());
  }
  std::stable_sort(queued.begin(), queued.end(),
                   [](const InferTask* a, const InferTask* b) {
                     return a->trace.enqueued < b->trace.enqueued;
                   });
  buckets_.clear();
  size_ = 0;
  max_rows_ = max_rows;
  for (InferTask* task : queued) Push(task);
}

void BatchQueue::Push(BucketKey key, InferTask* task) {
  buckets_[std::move(key)].push_back(task);
  ++size_;
}

BatchQueue::Taken BatchQueue::Take(MonoTime now) {
  Taken taken;
  while (taken.batch.tasks.empty() && !empty()) {
    const auto chosen = ChooseBucket();
    TakeFrom(now, &chosen->second, &taken);
    MaybeErase(chosen);
  }
  return taken;
}

BatchQueue::Buckets::iterator BatchQueue::ChooseBucket() {
  absl::InlinedVector<MonoTime, 8> oldest;
  for (const auto& [key, bucket] : buckets_) {
    oldest.push_back(bucket.empty() ? MonoTime::max()
                                    : bucket.front()->trace.enqueued);
  }
  return std::next(buckets_.begin(),
                   static_cast<std::ptrdiff_t>(sconce::ChooseBucket(oldest)));
}

void BatchQueue::MaybeErase(Buckets::iterator bucket) {
  constexpr size_t kKept = 8;
  constexpr size_t kSmallKey = 64;  // words; others hold clients' values
  if (!bucket->second.empty()) return;
  if (buckets_.size() > kKept || bucket->first.size() > kSmallKey) {
    buckets_.erase(bucket);
  }
}

void BatchQueue::TakeFrom(MonoTime now, Bucket* bucket, Taken* taken) {
  Batch& batch = taken->batch;
  for (DropDead(now, bucket, taken); !bucket->empty();
       DropDead(now, bucket, taken)) {
    InferTask* const task = bucket->front();
    const BatchFill fill = {batch.tasks.size(), batch.rows};
    if (!TakesNext(fill, task->rows, max_rows_)) return;
    bucket->pop_front();
    --size_;
    batch.tasks.push_back(task);
    batch.rows += task->rows;
  }
}

void BatchQueue::DropDead(MonoTime now, Bucket* bucket, Taken* taken) {
  while (!bucket->empty() && IsDead(now, bucket->front(), taken)) {
    bucket->pop_front();
    --size_;
  }
}

BatchQueue::Taken BatchQueue::TakeDead(MonoTime now) {
  Taken taken;
  for (auto it = buckets_.begin(); it != buckets_.end();) {
    Bucket& bucket = it->second;
    size_ -= std::erase_if(
        bucket, [&](InferTask* task) { return IsDead(now, task, &taken); });
    MaybeErase(it++);
  }
  return taken;
}

std::vector<InferTask*> BatchQueue::TakeAll() {
  std::vector<InferTask*> all;
  for (const auto& [key, bucket] : buckets_) {
    all.insert(all.end(), bucket.begin(), bucket.end());
  }
  buckets_.clear();
  size_ = 0;
  return all;
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
