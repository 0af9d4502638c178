// QueuePolicy: what other servers do, to compare with.
#ifndef TESTS_BENCH_SIMULATOR_QUEUE_POLICY_H_
#define TESTS_BENCH_SIMULATOR_QUEUE_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "server/base/clock.h"
#include "tests/bench/simulator/policy.h"
#include "tests/bench/simulator/workload.h"

namespace sconce::simulator {

// What is dropped when a batch is formed.
enum class DropRule {
  kNever,    // plain batching
  kTimeout,  // what is past its deadline (Triton, TensorFlow Serving)
  // Nexus, SOSP'19: what is in front of the first request that a full batch
  // from there on answers in time. Knows l(b) on average.
  kEarlyDrop,
};

// Everything is admitted and waits in the order in which it came, one queue for
// each model and shape; a free lane runs the queue whose first request came
// first. Borrows the workload.
class QueuePolicy : public Policy {
 public:
  QueuePolicy(const Workload& workload, DropRule rule)
      : workload_(workload), rule_(rule) {}

  void Arrive(Request* request, MonoTime now) override;
  Run Next(size_t lane, MonoTime now) override;
  void End(size_t, const Run&, MonoDuration) override {}

 private:
  using Queue = std::deque<Request*>;

  void Drop(size_t model, MonoTime now, Queue* queue) const;
  // Whether the first request of `queue` is to be dropped.
  bool IsToDrop(const Model& model, MonoTime now, const Queue& queue) const;
  Run TakeFrom(size_t model, Queue* queue) const;

  const Workload& workload_;
  const DropRule rule_;
  std::map<std::pair<size_t, int64_t>, Queue> queues_;  // by model and shape
};

}  // namespace sconce::simulator

#endif  // TESTS_BENCH_SIMULATOR_QUEUE_POLICY_H_
