// RunVerdict: whether a run shows that the server carries its rate.
#ifndef CLIENT_LOADTEST_SEARCH_RUN_VERDICT_H_
#define CLIENT_LOADTEST_SEARCH_RUN_VERDICT_H_

#include <string>

#include "client/loadtest/measure/run_result.h"

namespace sconce::load {

struct RunVerdict {
  bool met = false;
  bool is_void = false;  // the client, not the server, was at its limit
  bool is_known = true;  // false: too few requests to tell
  std::string reason;  // why not: "12 UNAVAILABLE", "the client was late: …"
};

// Met: the SLO holds, every answer was OK and none was found wrong, and the run
// may be believed. An interrupted run is not met.
RunVerdict JudgeRun(const RunResult& result);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SEARCH_RUN_VERDICT_H_
