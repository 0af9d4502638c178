// FindMax: the highest rate that meets the SLO.
#ifndef CLIENT_LOADTEST_SEARCH_FIND_MAX_H_
#define CLIENT_LOADTEST_SEARCH_FIND_MAX_H_

#include "client/loadtest/report/many_runs.h"
#include "client/loadtest/search/rate_run.h"

namespace sconce::load {

struct FindMaxOptions {
  double first_rate = 100;
  double precision = 0.05;  // of the rate
};

// Doubles the rate until a run does not meet the SLO (halves it until one does,
// where the first one does not), then divides the gap until it is as narrow as
// the precision. The rate found is run once more; when that fails it was luck,
// and lower ones are tried, each twice, until one holds. Says why it ended.
FindMaxResult FindMax(const FindMaxOptions& options, const RateRun& run);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SEARCH_FIND_MAX_H_
