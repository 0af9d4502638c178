#include "tests/bench/simulator/workload.h"

#include <algorithm>

namespace sconce::simulator {

double Capacity(const Model& model, int lanes) {
  const int64_t rows = std::max(model.rules.max_rows, int64_t{1});
  return static_cast<double>(lanes * rows) /
         ToSeconds(model.run_times.Mean(rows));
}

}  // namespace sconce::simulator
