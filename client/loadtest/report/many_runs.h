// SweepResult and FindMaxResult: several runs with one purpose.
#ifndef CLIENT_LOADTEST_REPORT_MANY_RUNS_H_
#define CLIENT_LOADTEST_REPORT_MANY_RUNS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "client/loadtest/measure/run_result.h"

namespace sconce::load {

// A run for each of several rates, in the order they were made.
struct SweepResult {
  std::string started;  // RFC 3339, UTC
  bool interrupted = false;
  std::vector<RunResult> runs;
};

struct FoundRate {
  double rate = 0;  // a second
  size_t run = 0;   // the one that shows it, in `runs`
};

// The search for the highest rate that meets the SLO.
struct FindMaxResult {
  SweepResult sweep;
  std::optional<FoundRate> found;
  std::string reason;  // why it ended there, or why there is none
  // The rate above was missed by the client, which was late: the server may do
  // more.
  bool client_was_the_limit = false;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_REPORT_MANY_RUNS_H_
