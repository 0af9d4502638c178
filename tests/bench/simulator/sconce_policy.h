// SconcePolicy: what this server does, made of its own parts.
#ifndef TESTS_BENCH_SIMULATOR_SCONCE_POLICY_H_
#define TESTS_BENCH_SIMULATOR_SCONCE_POLICY_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "server/base/clock.h"
#include "server/batching/batch_queue.h"
#include "server/batching/fair_turns.h"
#include "server/batching/latency_model.h"
#include "tests/bench/simulator/model_queue.h"
#include "tests/bench/simulator/policy.h"
#include "tests/bench/simulator/simulated_lanes.h"
#include "tests/bench/simulator/workload.h"

namespace sconce::simulator {

// One ModelQueue per model, on lanes that all share.
class SconcePolicy : public Policy {
 public:
  explicit SconcePolicy(const Workload& workload);

  void Arrive(Request* request, MonoTime now) override;
  Run Next(size_t lane, MonoTime now) override;
  void End(size_t lane, const Run& run, MonoDuration took) override;
  MonoTime alarm() const override;
  void OnAlarm(MonoTime now) override;

 private:
  // What a lane runs.
  struct Running {
    Turn turn;
    std::shared_ptr<LatencyModel> latencies;
  };

  SimulatedLanes lanes_;
  std::deque<ModelQueue> queues_;
  std::vector<Running> running_;
};

}  // namespace sconce::simulator

#endif  // TESTS_BENCH_SIMULATOR_SCONCE_POLICY_H_
