// BatchQueue: the requests of one model that wait for a lane.
#ifndef SERVER_BATCHING_BATCH_QUEUE_H_
#define SERVER_BATCHING_BATCH_QUEUE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

#include "server/base/clock.h"
#include "server/batching/batch.h"
#include "server/batching/batch_policy.h"
#include "server/batching/bucket_key.h"
#include "server/batching/latency_model.h"
#include "server/core/infer_task.h"

namespace sconce {

// Keeps requests of different row shapes in buckets of their own, so that
// none holds up another, and learns how long the runs of each bucket take.
// Within a bucket the highest priority goes first, then who came first. Does
// not own the tasks. Not thread-safe.
class BatchQueue {
 public:
  // What Take() found.
  struct Taken {
    Batch batch;                        // maybe empty
    std::vector<InferTask*> expired;    // their deadline passed
    std::vector<InferTask*> cancelled;  // nobody waits for them
    // Where the batch's time is to be added; null without a batch.
    std::shared_ptr<LatencyModel> latencies;
    // There is no batch, but there will be one at this time.
    MonoTime look_again = kNoDeadline;
  };

  // What waits for requests of one bucket, if they were pushed, until the last
  // of them is answered.
  struct Ahead {
    // Of the batches before the last, typically.
    MonoDuration work = MonoDuration::zero();
    // Of the last at most: as large as those that ran, or alone.
    MonoDuration batch = MonoDuration::zero();
    MonoDuration alone = MonoDuration::zero();
  };

  explicit BatchQueue(BatchRules rules) : rules_(std::move(rules)) {}

  // From now on.
  void SetRules(BatchRules rules) { rules_ = std::move(rules); }
  void SetMaxRows(int64_t max_rows);
  const BatchRules& rules() const { return rules_; }

  // `key` is MakeBucketKey(task->inputs), made by the caller where a lock is
  // held. REQUIRES: of `tasks`, one at least, the first has the most rows.
  Ahead LookAhead(const BucketKey& key,
                  absl::Span<InferTask* const> tasks) const;
  void Push(BucketKey key, InferTask* task);
  void Push(InferTask* task) { Push(MakeBucketKey(task->inputs), task); }

  // Removes the next batch, and whatever it meets that needs no execution.
  Taken Take(MonoTime now);

  // Removes everything that needs no execution, wherever it waits.
  Taken TakeDead(MonoTime now);

  // Removes everything.
  std::vector<InferTask*> TakeAll();

  // The predicted time of all batches that wait.
  MonoDuration work() const { return work_; }
  // The first deadline of all that wait.
  MonoTime FirstDeadline() const;
  // The highest priority of what waits to be run. REQUIRES: runnable() > 0.
  int64_t FirstPriority() const;

  // What runs take, by their rows: of all buckets the longest.
  std::map<int64_t, MonoDuration> latencies() const;
  void ForgetWarmUp();

  // What the batch that is next is expected to take.
  MonoDuration NextBatch() const;

  size_t size() const { return size_; }
  // Without those that only wait for their deadline.
  size_t runnable() const { return size_ - hopeless_; }
  bool empty() const { return size_ == 0; }

 private:
  struct Bucket {
    std::deque<InferTask*> tasks;
    // That can no longer be answered in time; they wait for their deadline. One
    // that waits alone is run all the same: it may have become faster.
    std::deque<InferTask*> hopeless;
    int64_t rows = 0;                          // of `tasks`
    MonoDuration work = MonoDuration::zero();  // predicted for `tasks`
    std::array<int64_t, 2> last_rows = {};     // of the last two batches
    std::shared_ptr<LatencyModel> latencies = std::make_shared<LatencyModel>();
  };
  using Buckets = absl::flat_hash_map<BucketKey, Bucket>;

  static BucketHead HeadOf(const Bucket& bucket);
  // What runs next if all buckets are ready; null: nothing.
  const Bucket* NextBucket() const;

  // Drops `task` into `taken` if it is expired or cancelled.
  static bool IsDead(MonoTime now, InferTask* task, Taken* taken);
  WaitingRequest Describe(const InferTask& task) const;
  // Takes the first tasks that live and have hope out of the bucket: enough
  // for two batches.
  std::vector<InferTask*> TakeWindow(MonoTime now, Bucket* bucket,
                                     Taken* taken);
  void TakeFrom(MonoTime now, Bucket* bucket, Taken* taken);
  // What `requests` with `rows` rows are.
  struct Amount {
    int64_t requests = 0;
    int64_t rows = 0;
  };
  // What goes before the last of `tasks`, if they were pushed.
  static Amount Before(const Bucket& bucket,
                       absl::Span<InferTask* const> tasks);
  static Amount BeforeFirst(const Bucket& bucket, const InferTask& task);
  // Of `before` rows, those in batches that are full before a request of `rows`
  // rows joins.
  static int64_t RowsApart(int64_t before, int64_t rows, int64_t limit);
  // What batches of `amount` typically take.
  MonoDuration WorkOf(const Bucket& bucket, const Amount& amount) const;
  void UpdateWork(Bucket* bucket);

  // Forgets `bucket` when it is empty, unless it is one of a few: the same
  // shapes come again, and a new bucket costs memory and what it has learned.
  void MaybeErase(Buckets::iterator bucket);

  BatchRules rules_;
  Buckets buckets_;
  size_t size_ = 0;
  size_t hopeless_ = 0;
  int64_t last_order_ = 0;
  MonoDuration work_ = MonoDuration::zero();
};

}  // namespace sconce

#endif  // SERVER_BATCHING_BATCH_QUEUE_H_
