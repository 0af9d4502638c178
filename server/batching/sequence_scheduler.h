// SequenceScheduler: the sequences of one stateful model.
#ifndef SERVER_BATCHING_SEQUENCE_SCHEDULER_H_
#define SERVER_BATCHING_SEQUENCE_SCHEDULER_H_

#include <atomic>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "server/base/alarm_clock.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/batching/batch.h"
#include "server/batching/fair_turns.h"
#include "server/batching/lane_pool.h"
#include "server/core/infer_task.h"
#include "server/telemetry/servable_telemetry.h"

namespace sconce {

// Requests of one sequence run one after another, in the order in which they
// came, each on the state that the last good one left; sequences run side by
// side on the lanes. A sequence lives from the request that starts it to the
// one that ends it, or until it was idle for too long. Thread-safe.
class SequenceScheduler {
 public:
  struct Options {
    std::string model;  // for messages
    int64_t max_sequences = 1024;
    MonoDuration max_idle = std::chrono::minutes(1);  // zero: no limit
    int64_t max_queue_size = 1024;  // of all sequences together
    // Of the lanes' time; of all sequences together.
    std::shared_ptr<FairShare> share = std::make_shared<FairShare>();
    const Clock* clock = Clock::Real();
    // Answers what reaches its deadline; null: a turn does. Outlives this.
    AlarmClock* alarms = nullptr;
  };

  // `lanes` and `telemetry` are borrowed; they have to outlive Drain().
  SequenceScheduler(Options options, LanePool* lanes,
                    ServableTelemetry* telemetry);
  ~SequenceScheduler();

  // Queues `task` for `executor`, which outlives Drain(); never blocks. After
  // OK the task is finished later, else it is still the caller's.
  //   INVALID_ARGUMENT    the sequence has not started, has ended or expired
  //   RESOURCE_EXHAUSTED  too many sequences live, or requests wait
  // REQUIRES: task->sequence.
  absl::Status Schedule(InferTask* task, BatchExecutor* executor)
      ABSL_LOCKS_EXCLUDED(mu_);

  // As BatchScheduler::SetLanes().
  void SetLanes(LanePool* lanes) { lanes_ = lanes; }

  int64_t queued() const ABSL_LOCKS_EXCLUDED(mu_);
  // Sequences that live, those included that have been idle for too long and
  // were not forgotten yet.
  int64_t sequences() const ABSL_LOCKS_EXCLUDED(mu_);

  // Whether a request can go on with the sequence.
  bool Has(const SequencePlace& place) const ABSL_LOCKS_EXCLUDED(mu_);

  // It was begun anew elsewhere: what is queued of it is its end.
  void End(const SequencePlace& place) ABSL_LOCKS_EXCLUDED(mu_);

  // Finishes what is queued with `why`.
  void RefuseQueued(const absl::Status& why) ABSL_LOCKS_EXCLUDED(mu_);

  // Waits until nothing is queued or running. REQUIRES: no more Schedule().
  void Drain() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Request {
    InferTask* task;  // null: it is answered, and yet its turn has to come
    BatchExecutor* executor;
    SequencePlace place;  // of a task that is gone
  };
  class Sequence;
  class Wakeup;
  using Key = std::pair<std::string, std::string>;  // id and route
  using Sequences = std::map<Key, std::shared_ptr<Sequence>>;
  using Idle = std::list<Sequence*>;  // longest idle first

  absl::Status Enqueue(const Request& request, std::shared_ptr<Sequence>* turn)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Takes requests that nobody waits for out of the queues.
  std::vector<InferTask*> TakeDead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Refuse(const std::vector<InferTask*>& dead) const;
  void AnswerDead() ABSL_LOCKS_EXCLUDED(mu_);
  void WakeAt(MonoTime time) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  MonoTime FirstDeadline() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Why it need not run any more; OK when it should.
  absl::Status WhyDead(const InferTask& task) const;
  Sequence* FindOpen(const SequencePlace& place) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Forget(const Key& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ForgetExpired(MonoTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // How many sequences count against the limit: not those whose last request
  // runs, or was answered a moment ago. A client that heard the end of one may
  // begin another.
  int64_t Living() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The live sequence that the task goes on with, or a new one.
  absl::StatusOr<Sequence*> FindOrStart(const SequencePlace& place)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // For a turn of `sequence`.
  MonoDuration RunNext(const std::shared_ptr<Sequence>& sequence)
      ABSL_LOCKS_EXCLUDED(mu_);
  MonoDuration Run(const Request& request, Sequence* sequence)
      ABSL_LOCKS_EXCLUDED(mu_);
  MonoDuration RunOrRefuse(const Request& request, Sequence* sequence);
  void EndTurn(const std::shared_ptr<Sequence>& sequence)
      ABSL_LOCKS_EXCLUDED(mu_);

  const Options options_;
  std::atomic<LanePool*> lanes_;
  ServableTelemetry* const telemetry_;

  mutable Mutex mu_;
  CondVar drained_;
  Sequences sequences_ ABSL_GUARDED_BY(mu_);
  Idle idle_ ABSL_GUARDED_BY(mu_);
  int64_t queued_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t turns_ ABSL_GUARDED_BY(mu_) = 0;  // asked for or running
  // The first alarm that is set.
  MonoTime alarm_ ABSL_GUARDED_BY(mu_) = kNoDeadline;
  const std::shared_ptr<Wakeup> wakeup_;
};

}  // namespace sconce

#endif  // SERVER_BATCHING_SEQUENCE_SCHEDULER_H_
