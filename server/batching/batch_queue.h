// BatchQueue: the requests of one model that wait for a lane.
#ifndef SERVER_BATCHING_BATCH_QUEUE_H_
#define SERVER_BATCHING_BATCH_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "server/base/clock.h"
#include "server/batching/batch.h"
#include "server/batching/bucket_key.h"
#include "server/core/infer_task.h"

namespace sconce {

// Keeps requests of different row shapes in buckets of their own, so that
// none holds up another. First in, first out within a bucket. Does not own
// the tasks. Not thread-safe.
class BatchQueue {
 public:
  // What Take() found.
  struct Taken {
    Batch batch;                        // maybe empty
    std::vector<InferTask*> expired;    // their deadline passed
    std::vector<InferTask*> cancelled;  // nobody waits for them
  };

  // `max_rows` of one batch; 0: every request is a batch of its own.
  explicit BatchQueue(int64_t max_rows) : max_rows_(max_rows) {}

  // From now on; what is queued is sorted anew.
  void SetMaxRows(int64_t max_rows);
  int64_t max_rows() const { return max_rows_; }

  // `key` is KeyOf(*task, max_rows()), made by the caller where a lock is held.
  void Push(BucketKey key, InferTask* task);
  void Push(InferTask* task) { Push(KeyOf(*task, max_rows_), task); }

  // Removes the next batch, and whatever it meets that needs no execution.
  Taken Take(MonoTime now);

  // Removes everything that needs no execution, wherever it waits.
  Taken TakeDead(MonoTime now);

  // Removes everything.
  std::vector<InferTask*> TakeAll();

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  using Bucket = std::deque<InferTask*>;

  // Drops expired and cancelled tasks from the head of `bucket`.
  void DropDead(MonoTime now, Bucket* bucket, Taken* taken);
  // Drops `task` into `taken` if it is expired or cancelled.
  static bool IsDead(MonoTime now, InferTask* task, Taken* taken);
  void TakeFrom(MonoTime now, Bucket* bucket, Taken* taken);

  // Forgets `bucket` when it is empty, unless it is one of a few: the same
  // shapes come again, and a new bucket costs memory.
  using Buckets = absl::flat_hash_map<BucketKey, Bucket>;
  void MaybeErase(Buckets::iterator bucket);
  // The bucket whose head has waited longest. REQUIRES: !empty().
  Buckets::iterator ChooseBucket();

  int64_t max_rows_;
  Buckets buckets_;
  size_t size_ = 0;
};

}  // namespace sconce

#endif  // SERVER_BATCHING_BATCH_QUEUE_H_
