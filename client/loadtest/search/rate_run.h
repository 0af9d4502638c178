// What a search makes its runs with.
#ifndef CLIENT_LOADTEST_SEARCH_RATE_RUN_H_
#define CLIENT_LOADTEST_SEARCH_RATE_RUN_H_

#include <functional>
#include <string>

#include "client/loadtest/measure/run_result.h"

namespace sconce::load {

// Makes one run at a rate, in requests a second; blocks. A result that was
// interrupted ends the search.
using RateRun = std::function<RunResult(double rate)>;

// Now, as reports have it: RFC 3339, UTC.
std::string Timestamp();

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SEARCH_RATE_RUN_H_
