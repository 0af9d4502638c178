// BatchScheduler: one model's bounded queue, emptied by the lanes.
#ifndef SERVER_BATCHING_BATCH_SCHEDULER_H_
#define SERVER_BATCHING_BATCH_SCHEDULER_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/batching/batch_queue.h"
#include "server/batching/lane_pool.h"
#include "server/batching/row_latencies.h"
#include "server/batching/run_time_estimate.h"
#include "server/core/infer_task.h"
#include "server/telemetry/servable_telemetry.h"

namespace sconce {

// Work-conserving: a free lane takes what is queued at once, up to one batch;
// requests gather only while all lanes are busy. Short batches of small inputs
// may run on the thread that received them. Made with Create(), because
// the lanes share it for the length of a turn. Thread-safe.
class BatchScheduler : public LaneClient,
                       public std::enable_shared_from_this<BatchScheduler> {
 public:
  struct Options {
    std::string model;           // for messages
    int64_t max_batch_rows = 0;  // 0: requests are not merged
    int64_t max_queue_size = 1024;
    const Clock* clock = Clock::Real();
    // Whether the sizes of a batch's inputs bound the time that it takes.
    bool bounded_time = false;
  };

  // `lanes`, `executor` and `telemetry` are borrowed; they have to outlive
  // Drain().
  static std::shared_ptr<BatchScheduler> Create(Options options,
                                                LanePool* lanes,
                                                BatchExecutor* executor,
                                                ServableTelemetry* telemetry);

  // Queues `task`; never blocks. When OK is returned the task is finished
  // later: with outputs, with DEADLINE_EXCEEDED or CANCELLED when it need not
  // run any more, or as the executor decides. RESOURCE_EXHAUSTED: the queue
  // is full and the task is still the caller's.
  absl::Status Schedule(InferTask* task) ABSL_LOCKS_EXCLUDED(mu_);

  // From now on; options.max_batch_rows is where it begins.
  void SetMaxBatchRows(int64_t rows) ABSL_LOCKS_EXCLUDED(mu_);
  int64_t max_batch_rows() const { return max_batch_rows_; }

  // What is queued from now on runs on `lanes`, which is borrowed like those
  // before. REQUIRES: nothing is queued.
  void SetLanes(LanePool* lanes) { lanes_ = lanes; }

  // What waits now, and what batches are expected to take.
  int64_t queued() const ABSL_LOCKS_EXCLUDED(mu_);
  std::map<int64_t, MonoDuration> latencies() const { return latencies_.Get(); }

  // Finishes what is queued with `why`.
  void RefuseQueued(const absl::Status& why) ABSL_LOCKS_EXCLUDED(mu_);

  // Waits until nothing is queued or running. REQUIRES: no more Schedule().
  void Drain() ABSL_LOCKS_EXCLUDED(mu_);

  // LaneClient:
  MonoDuration RunOne() override ABSL_LOCKS_EXCLUDED(mu_);
  bool IsShort() const override;

 private:
  BatchScheduler(Options options, LanePool* lanes, BatchExecutor* executor,
                 ServableTelemetry* telemetry);

  BatchQueue::Taken Take(MonoTime now) ABSL_LOCKS_EXCLUDED(mu_);
  MonoDuration Execute(Batch* batch);
  // Queues `task` unless the queue is full.
  bool TryPush(InferTask* task) ABSL_LOCKS_EXCLUDED(mu_);
  // Takes requests that nobody waits for out of a full queue.
  void RemoveDead() ABSL_LOCKS_EXCLUDED(mu_);
  // Takes what left the queue out of its figures.
  void CountOut(const std::vector<InferTask*>& tasks);
  // Ends what ++running_ began.
  void Leave() ABSL_LOCKS_EXCLUDED(mu_);
  // Answers the requests that left the queue without a run.
  void Refuse(const BatchQueue::Taken& taken);

  const Options options_;
  std::atomic<LanePool*> lanes_;
  BatchExecutor* const executor_;
  ServableTelemetry* const telemetry_;

  std::atomic<int64_t> max_batch_rows_;  // the queue's, for a look without lock
  RunTimeEstimate run_time_;
  RowLatencies latencies_;
  // Bytes of what is queued, as far as it keeps a batch from being short: all
  // where requests are merged, else those of single large ones.
  std::atomic<int64_t> queued_weight_ = 0;

  mutable Mutex mu_;
  CondVar idle_;
  BatchQueue queue_ ABSL_GUARDED_BY(mu_);
  int running_ ABSL_GUARDED_BY(mu_) = 0;
  // Whether a turn was asked for that has not begun.
  bool turn_requested_ ABSL_GUARDED_BY(mu_) = false;
  // Whether a queue's thread keeps that turn, and since when.
  bool turn_kept_ ABSL_GUARDED_BY(mu_) = false;
  MonoTime turn_time_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_BATCHING_BATCH_SCHEDULER_H_
