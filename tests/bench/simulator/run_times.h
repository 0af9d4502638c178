// RunTimes: how long a simulated model runs.
#ifndef TESTS_BENCH_SIMULATOR_RUN_TIMES_H_
#define TESTS_BENCH_SIMULATOR_RUN_TIMES_H_

#include <cstdint>
#include <map>
#include <random>

#include "server/base/clock.h"

namespace sconce::simulator {

// All randomness of a simulation comes from seeded ones of these.
using Random = std::mt19937_64;

// l(b) on average, and how the runs vary. Immutable.
class RunTimes {
 public:
  // Measured means by rows; between them and beyond a straight line. `noise`
  // is the sigma of the log-normal factor of each run, whose mean is 1.
  // REQUIRES: at least two sizes.
  RunTimes(std::map<int64_t, MonoDuration> means, double noise);

  // l(b) = base + b * per_row
  static RunTimes Affine(MonoDuration base, MonoDuration per_row, double noise);

  MonoDuration Mean(int64_t rows) const;
  MonoDuration Draw(int64_t rows, Random* random) const;

 private:
  std::map<int64_t, MonoDuration> means_;
  double noise_;
};

}  // namespace sconce::simulator

#endif  // TESTS_BENCH_SIMULATOR_RUN_TIMES_H_
