// Stretches: the window of a load in equal parts.
#ifndef CLIENT_LOADTEST_REPORT_STRETCHES_H_
#define CLIENT_LOADTEST_REPORT_STRETCHES_H_

#include <vector>

#include "client/loadtest/measure/run_result.h"

namespace sconce::load {

struct Stretch {
  double start_seconds = 0;
  double length_seconds = 0;  // the last one ends with the window
  SeriesBin bin;
};

// At most `most` of them, each of as many bins of the series as the others but
// the last, also where nothing was due: they cover the window.
std::vector<Stretch> StretchesOf(const RunResult& result, size_t most);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_REPORT_STRETCHES_H_
