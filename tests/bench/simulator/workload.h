// Workload: what is simulated.
#ifndef TESTS_BENCH_SIMULATOR_WORKLOAD_H_
#define TESTS_BENCH_SIMULATOR_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/base/clock.h"
#include "server/batching/batch_policy.h"
#include "tests/bench/simulator/run_times.h"

namespace sconce::simulator {

constexpr int64_t kDefaultPriority = 2;  // of the requests of all models

struct Model {
  RunTimes run_times;
  BatchRules rules;
};

// Requests that come independently of each other (a Poisson process).
struct Stream {
  size_t model = 0;                     // index in the workload
  double rate = 0;                      // requests per second
  int64_t rows = 1;                     // of each request
  int64_t shapes = 1;                   // one after the other
  int64_t priority = kDefaultPriority;  // lower goes first
  // What each has from its arrival to its answer, drawn evenly; zero: no limit.
  MonoDuration least_time = MonoDuration::zero();
  MonoDuration most_time = MonoDuration::zero();
};

struct Workload {
  int lanes = 1;
  std::vector<Model> models;
  std::vector<Stream> streams;
  size_t requests = 30000;  // of all streams; the first tenth is a warm-up
  uint64_t seed = 1;
};

// Rows per second that `lanes` serve when each batch of `model` is full.
double Capacity(const Model& model, int lanes);

}  // namespace sconce::simulator

#endif  // TESTS_BENCH_SIMULATOR_WORKLOAD_H_
