// Sweep: the load curve.
#ifndef CLIENT_LOADTEST_SEARCH_SWEEP_H_
#define CLIENT_LOADTEST_SEARCH_SWEEP_H_

#include <vector>

#include "client/loadtest/report/many_runs.h"
#include "client/loadtest/search/rate_run.h"

namespace sconce::load {

// One run for each rate, in their order, until one is interrupted.
SweepResult Sweep(const std::vector<double>& rates, const RateRun& run);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SEARCH_SWEEP_H_
