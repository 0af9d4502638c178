// Figures: what a simulation comes to.
#ifndef TESTS_BENCH_SIMULATOR_FIGURES_H_
#define TESTS_BENCH_SIMULATOR_FIGURES_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "server/base/clock.h"
#include "tests/bench/simulator/simulation.h"
#include "tests/bench/simulator/workload.h"

namespace sconce::simulator {

// Of the requests that came after the warm-up and of the runs that began then.
struct Figures {
  int64_t offered = 0;
  int64_t rejected = 0;  // at once
  int64_t expired = 0;   // accepted and dropped
  int64_t late = 0;      // answered after the deadline
  int64_t good = 0;      // answered in time

  double goodput = 0;     // lane time that the good ones need in full batches
  double good_share = 0;  // of those that were offered
  double in_time = 0;     // of those that were accepted
  double lane_share = 0;  // of the time of all lanes
  double mean_batch = 0;  // rows

  // From the arrival to the answer, late ones included.
  MonoDuration p50 = MonoDuration::zero();
  MonoDuration p99 = MonoDuration::zero();
  MonoDuration p999 = MonoDuration::zero();
};

// Whose figures; those of nobody in particular are of all.
struct Part {
  std::optional<size_t> model;
  std::optional<size_t> stream;  // no figures of runs
};

Figures FiguresOf(const Record& record, const Workload& workload,
                  const Part& part = {});

// Simulates `workload` under the policy of that name.
// REQUIRES: there is such a policy.
Record Simulate(const char* policy, const Workload& workload);

}  // namespace sconce::simulator

#endif  // TESTS_BENCH_SIMULATOR_FIGURES_H_
