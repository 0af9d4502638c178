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
#include "absl/types/span.h"

#include "server/base/alarm_clock.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/batching/batch_policy.h"
#include "server/batching/batch_queue.h"
#include "server/batching/fair_turns.h"
#include "server/batching/lane_pool.h"
#include "server/batching/run_time_estimate.h"
#include "server/batching/slow_model_trials.h"
#include "server/core/infer_task.h"
#include "server/telemetry/servable_telemetry.h"

namespace sconce {

// Admits what can be answered by its deadline, and has the lanes run it as
// ChooseBatch() says: unless a delay is asked for, a free lane takes what is
// queued at once, and requests gather only while all lanes are busy. Short
// batches of small inputs may run on the thread that received them. Made with
// Create(), because the lanes share it for the length of a turn. Thread-safe.
class BatchScheduler : public LaneClient,
                       public Alarmed,
                       public std::enable_shared_from_this<BatchScheduler> {
 public:
  struct Options {
    std::string model;  // for messages
    BatchRules rules;
    int64_t max_queue_size = 1024;
    int64_t default_priority = 0;
    // Of the lanes' time; of one model's queues together.
    std::shared_ptr<FairShare> share = std::make_shared<FairShare>();
    const Clock* clock = Clock::Real();
    // Calls OnAlarm(); null: somebody else does. Outlives Drain().
    AlarmClock* alarms = nullptr;
    // Batches that may run at the same time; 0: as many as there are lanes.
    int max_running = 0;
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
  // later: with outputs, with DEADLINE_EXCEEDED at its deadline, with CANCELLED
  // when it need not run any more, or as the executor decides. Else it is still
  // the caller's. RESOURCE_EXHAUSTED, with RetryAfter(): the queue is full, or
  // what was queued before takes so long that the deadline would pass.
  absl::Status Schedule(InferTask* task) { return Schedule({&task, 1}); }

  // The same for all of `tasks` or none; admitted if the last one is in time.
  // REQUIRES: one at least; of one bucket, deadline and priority; the first has
  // the most rows.
  absl::Status Schedule(absl::Span<InferTask* const> tasks)
      ABSL_LOCKS_EXCLUDED(mu_);

  // From now on.
  void SetMaxBatchRows(int64_t rows) ABSL_LOCKS_EXCLUDED(mu_);
  int64_t max_batch_rows() const { return max_batch_rows_; }

  // What is queued from now on runs on `lanes`, which is borrowed like those
  // before; what runs took until now was a warm-up. REQUIRES: nothing is
  // queued.
  void SetLanes(LanePool* lanes) ABSL_LOCKS_EXCLUDED(mu_);

  // From now on, but for `max_rows`.
  void SetRules(const BatchRules& rules) ABSL_LOCKS_EXCLUDED(mu_);

  // What waits now, and what batches are expected to take at most.
  int64_t queued() const ABSL_LOCKS_EXCLUDED(mu_);
  std::map<int64_t, MonoDuration> latencies() const ABSL_LOCKS_EXCLUDED(mu_);

  // Finishes what is queued with `why`.
  void RefuseQueued(const absl::Status& why) ABSL_LOCKS_EXCLUDED(mu_);

  // Waits until nothing is queued or running. REQUIRES: no more Schedule().
  void Drain() ABSL_LOCKS_EXCLUDED(mu_);

  // LaneClient:
  MonoDuration RunOne() override ABSL_LOCKS_EXCLUDED(mu_);
  bool IsShort() const override;

  // Alarmed: a deadline has passed, or a batch has waited long enough.
  void OnAlarm() override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // A turn to be asked for when the lock is not held any more.
  struct NewTurn {
    std::shared_ptr<BatchScheduler> client;  // null: none
    Turn turn;
    bool needs_lane = false;
  };

  BatchScheduler(Options options, LanePool* lanes, BatchExecutor* executor,
                 ServableTelemetry* telemetry);

  absl::Status TryPush(absl::Span<InferTask* const> tasks)
      ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status Admit(const BucketKey& key, absl::Span<InferTask* const> tasks,
                     MonoTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Push(BucketKey key, absl::Span<InferTask* const> tasks, MonoTime now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Whether the queue has room for so many more requests.
  bool HasRoom(size_t tasks) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status WhyNoRoom(size_t tasks) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The turn that the queue needs, if it has none that will do.
  NewTurn NeedTurn(MonoTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Request(NewTurn turn);
  Urgency QueueUrgency() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // What is ahead of a request whose own queue has `own` to do before it.
  WorkAhead Ahead(MonoDuration own) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The Lateness() of a request, or of so many parts, with nothing ahead.
  MonoDuration LatenessAlone(const BatchQueue::Ahead& mine, size_t tasks,
                             MonoDuration left) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Tells the lanes what waits now.
  void ReportWork() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void WakeAt(MonoTime time) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  BatchQueue::Taken Take(MonoTime now) ABSL_LOCKS_EXCLUDED(mu_);
  MonoDuration Execute(BatchQueue::Taken* taken) ABSL_LOCKS_EXCLUDED(mu_);
  // Takes requests that nobody waits for out of a full queue.
  void RemoveDead() ABSL_LOCKS_EXCLUDED(mu_);
  // Takes what left the queue out of its figures.
  void CountOut(const std::vector<InferTask*>& tasks);
  // A batch ran: another one may begin, where the number of them is limited.
  void EndBatch() ABSL_LOCKS_EXCLUDED(mu_);
  // Ends what ++running_ began.
  void Leave() ABSL_LOCKS_EXCLUDED(mu_);
  // Answers the requests that left the queue without a run.
  void Refuse(const BatchQueue::Taken& taken);

  const Options options_;
  std::atomic<LanePool*> lanes_;
  BatchExecutor* const executor_;
  ServableTelemetry* const telemetry_;

  std::atomic<int64_t> max_batch_rows_;  // the queue's, for a look without lock
  // Whether the last batch might have had several rows.
  std::atomic<bool> merges_ = true;
  RunTimeEstimate run_time_;
  // Bytes of what is queued, as far as it keeps a batch from being short: all
  // where requests are merged, else those of single large ones.
  std::atomic<int64_t> queued_weight_ = 0;

  mutable Mutex mu_;
  CondVar idle_;
  BatchQueue queue_ ABSL_GUARDED_BY(mu_);
  int running_ ABSL_GUARDED_BY(mu_) = 0;
  int batches_ ABSL_GUARDED_BY(mu_) = 0;  // of what runs
  // Whether a turn was asked for that has not begun, and how urgent it is.
  bool turn_requested_ ABSL_GUARDED_BY(mu_) = false;
  Urgency turn_urgency_ ABSL_GUARDED_BY(mu_) = Urgency::kNormal;
  // Whether a queue's thread keeps that turn, and since when.
  bool turn_kept_ ABSL_GUARDED_BY(mu_) = false;
  MonoTime turn_time_ ABSL_GUARDED_BY(mu_);
  // What the lanes know of.
  MonoDuration reported_work_ ABSL_GUARDED_BY(mu_) = MonoDuration::zero();
  int64_t reported_weight_ ABSL_GUARDED_BY(mu_) = 0;
  // Of requests that would be too late although nothing is ahead of them.
  SlowModelTrials trials_ ABSL_GUARDED_BY(mu_);
  // The first alarm that is set.
  MonoTime alarm_ ABSL_GUARDED_BY(mu_) = kNoDeadline;
};

}  // namespace sconce

#endif  // SERVER_BATCHING_BATCH_SCHEDULER_H_
