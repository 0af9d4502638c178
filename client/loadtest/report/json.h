// ToJson: the report for programs, as doc/report.md describes it.
#ifndef CLIENT_LOADTEST_REPORT_JSON_H_
#define CLIENT_LOADTEST_REPORT_JSON_H_

#include <nlohmann/json.hpp>

#include <string>

#include "client/loadtest/measure/run_result.h"
#include "client/loadtest/report/many_runs.h"

namespace sconce::load {

using Json = nlohmann::ordered_json;  // in the order of the document

// Below 2 MB for any length of run, with a mix of some dozens of entries.
Json ToJson(const RunResult& result);
Json ToJson(const SweepResult& result);
Json ToJson(const FindMaxResult& result);

// One line without a line end. Bytes that are no UTF-8 are replaced.
std::string TextOf(const Json& json);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_REPORT_JSON_H_
