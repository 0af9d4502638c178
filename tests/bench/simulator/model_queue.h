// ModelQueue: BatchScheduler without its threads.
#ifndef TESTS_BENCH_SIMULATOR_MODEL_QUEUE_H_
#define TESTS_BENCH_SIMULATOR_MODEL_QUEUE_H_

#include <cstddef>
#include <memory>

#include "server/base/clock.h"
#include "server/batching/admission.h"
#include "server/batching/batch_queue.h"
#include "server/batching/bucket_key.h"
#include "server/batching/fair_turns.h"
#include "server/batching/slow_model_trials.h"
#include "tests/bench/simulator/request.h"
#include "tests/bench/simulator/simulated_lanes.h"
#include "tests/bench/simulator/workload.h"

namespace sconce::simulator {

// One model's queue: the same steps as those of BatchScheduler around the same
// BatchQueue, with the time as an argument. What changes there has to change
// here. Borrows the lanes. One thread at a time.
class ModelQueue {
 public:
  ModelQueue(size_t number, const Model& model, SimulatedLanes* lanes)
      : number_(number), lanes_(lanes), queue_(model.rules) {}

  // Queues or rejects.
  void Schedule(Request* request, MonoTime now);

  // For a turn that was asked for.
  BatchQueue::Taken Take(MonoTime now);

  // What Take() gave took that long.
  void Judge(MonoDuration took) { trials_.Judge(took); }

  MonoTime alarm() const { return alarm_; }
  void OnAlarm(MonoTime now);

 private:
  bool IsFull(MonoTime now);
  bool IsAdmitted(const BucketKey& key, Request* request, MonoTime now);
  void MaybeRequestTurn();
  Urgency QueueUrgency() const;
  void ReportWork();
  void WakeAt(MonoTime time);

  const size_t number_;
  SimulatedLanes* const lanes_;
  const std::shared_ptr<FairShare> share_ = std::make_shared<FairShare>();
  BatchQueue queue_;
  bool turn_requested_ = false;
  Urgency turn_urgency_ = Urgency::kNormal;
  MonoDuration reported_work_ = MonoDuration::zero();
  int64_t reported_weight_ = 0;
  SlowModelTrials trials_;
  MonoTime alarm_ = kNoDeadline;
};

}  // namespace sconce::simulator

#endif  // TESTS_BENCH_SIMULATOR_MODEL_QUEUE_H_
