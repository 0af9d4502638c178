#include "tests/bench/open_loop_result.h"

#include <algorithm>
#include <set>

#include "tests/bench/percentiles.h"

namespace sconce::bench {

int64_t OpenLoopResult::good() const {
  return static_cast<int64_t>(latencies.size()) - late;
}

int64_t OpenLoopResult::offered() const {
  return static_cast<int64_t>(send_lags.size()) + unsent;
}

bool OpenLoopResult::clean() const {
  static const std::set<std::string> kExpected = {"OK", "RESOURCE_EXHAUSTED",
                                                  "DEADLINE_EXCEEDED"};
  return wrong == 0 && unsent == 0 &&
         std::all_of(statuses.begin(), statuses.end(), [](const auto& each) {
           return kExpected.count(each.first) > 0;
         });
}

nlohmann::json ToJson(const OpenLoopResult& result) {
  const double window_us = result.seconds * 1e6;
  return {
      {"seconds", result.seconds},
      {"offered", result.offered()},
      {"offered_rps", result.offered() / result.seconds},
      {"good", result.good()},
      {"good_rps", result.good() / result.seconds},
      {"late", result.late},
      {"unsent", result.unsent},
      {"statuses", result.statuses},
      {"checked", result.checked},
      {"wrong", result.wrong},
      {"latency_us", Percentiles(result.latencies)},
      {"refusal_us", Percentiles(result.refusals)},
      {"send_lag_us", Percentiles(result.send_lags)},
      {"good_by_second", result.good_by_second},
      {"client_cores", Microseconds(result.client_cpu) / window_us},
      {"server_cores", Microseconds(result.server_cpu) / window_us},
  };
}

}  // namespace sconce::bench
