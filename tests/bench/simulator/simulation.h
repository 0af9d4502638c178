// Simulation: arrivals, lanes and a policy in virtual time.
#ifndef TESTS_BENCH_SIMULATOR_SIMULATION_H_
#define TESTS_BENCH_SIMULATOR_SIMULATION_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "server/base/clock.h"
#include "tests/bench/simulator/arrivals.h"
#include "tests/bench/simulator/policy.h"
#include "tests/bench/simulator/request.h"
#include "tests/bench/simulator/run_times.h"
#include "tests/bench/simulator/workload.h"

namespace sconce::simulator {

// All that happened.
struct Record {
  struct Run {
    size_t model;
    int64_t rows;
    MonoTime begin;
    MonoDuration took;
  };
  std::deque<Request> requests;  // in the order in which they came
  std::vector<Run> runs;
};

// From event to event: a run ends, an alarm goes off, a request comes. Requests
// stop coming when there are as many as asked for; the rest is still run. The
// same workload and policy give the same record. One thread at a time; borrows
// both.
class Simulation {
 public:
  Simulation(const Workload& workload, Policy* policy);

  // Once.
  Record Simulate();

 private:
  struct Lane {
    Run run;  // empty: free
    MonoTime begin;
    MonoTime end = kNoDeadline;
  };

  // Whether there was another event.
  bool Step();
  void EndRun(size_t lane);
  void FillLanes();
  void Begin(size_t lane, Run run);
  size_t FirstToEnd() const;

  const Workload& workload_;
  Policy* const policy_;
  Arrivals arrivals_;
  Random noise_;
  std::vector<Lane> lanes_;
  MonoTime now_;
  Record record_;
};

}  // namespace sconce::simulator

#endif  // TESTS_BENCH_SIMULATOR_SIMULATION_H_
