// What the tests of the policy simulate.
#ifndef TESTS_UNIT_BATCHING_SIMULATED_WORKLOADS_H_
#define TESTS_UNIT_BATCHING_SIMULATED_WORKLOADS_H_

#include <chrono>
#include <cstdint>
#include <utility>

#include "server/base/clock.h"
#include "tests/bench/simulator/figures.h"
#include "tests/bench/simulator/workload.h"

namespace sconce::simulator {

// Of a small network, whose run costs more than its rows, and of resnet18 on a
// processor, where it is the other way round. Both vary by 15 %.
inline Model SmallModel() {
  using std::chrono::microseconds;
  BatchRules rules;
  rules.max_rows = 64;
  return {RunTimes::Affine(microseconds(5000), microseconds(100), 0.15), rules};
}
inline Model LargeModel() {
  using std::chrono::milliseconds;
  BatchRules rules;
  rules.max_rows = 8;
  return {RunTimes::Affine(milliseconds(15), milliseconds(36), 0.15), rules};
}

// l(B), the time of a full batch.
inline MonoDuration FullBatch(const Model& model) {
  return model.run_times.Mean(model.rules.max_rows);
}

// Requests for `load` of what the lanes can do, each to be answered in `time`.
inline Workload Loaded(Model model, int lanes, double load, MonoDuration time) {
  Stream stream;
  stream.rate = load * Capacity(model, lanes);
  stream.least_time = stream.most_time = time;
  Workload workload;
  workload.lanes = lanes;
  workload.models = {std::move(model)};
  workload.streams = {stream};
  return workload;
}

inline Figures Simulated(const Workload& workload,
                         const char* policy = "sconce") {
  return FiguresOf(Simulate(policy, workload), workload);
}

}  // namespace sconce::simulator

#endif  // TESTS_UNIT_BATCHING_SIMULATED_WORKLOADS_H_
