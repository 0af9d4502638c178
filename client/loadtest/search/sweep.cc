#include "client/loadtest/search/sweep.h"

namespace sconce::load {

SweepResult Sweep(const std::vector<double>& rates, const RateRun& run) {
  SweepResult result{.started = Timestamp()};
  for (const double rate : rates) {
    result.runs.push_back(run(rate));
    result.interrupted = result.runs.back().interrupted;
    if (result.interrupted) break;
  }
  return result;
}

}  // namespace sconce::load
