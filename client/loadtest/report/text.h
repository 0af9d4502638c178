// ToText: the report for people.
#ifndef CLIENT_LOADTEST_REPORT_TEXT_H_
#define CLIENT_LOADTEST_REPORT_TEXT_H_

#include <string>

#include "client/loadtest/measure/run_result.h"
#include "client/loadtest/report/many_runs.h"

namespace sconce::load {

// Several lines, each with a line end. What makes a run void stands first.
std::string ToText(const RunResult& result);
std::string ToText(const SweepResult& result);
std::string ToText(const FindMaxResult& result);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_REPORT_TEXT_H_
