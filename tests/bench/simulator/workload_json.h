// Simulations as JSON, for the report.
#ifndef TESTS_BENCH_SIMULATOR_WORKLOAD_JSON_H_
#define TESTS_BENCH_SIMULATOR_WORKLOAD_JSON_H_

#include <nlohmann/json.hpp>

#include "tests/bench/simulator/workload.h"

namespace sconce::simulator {

// {"lanes": 1, "requests": 30000, "seed": 1,
//  "models": [{"base_ms": 5, "row_ms": 0.1, "noise": 0.15, "max_batch": 64}],
//  "streams": [{"load": 2, "time_ms": 50}]}
// A model may have "table_ms": {"1": 5.1, "64": 11.4} instead, of measured
// means, and the rules "max_delay_ms", "preferred" and "slo_ms". A stream may
// have "model", "rate" (requests per second, instead of a load that is a share
// of the model's capacity), "rows", "shapes", "priority", and "most_time_ms"
// for deadlines that are drawn. Throws nlohmann::json::exception.
Workload WorkloadFromJson(const nlohmann::json& from);

// Simulates {"policy": "sconce", …a workload}. Returns the figures of all, of
// each model and of each stream. Throws std::invalid_argument too.
nlohmann::json SimulateJson(const nlohmann::json& run);

}  // namespace sconce::simulator

#endif  // TESTS_BENCH_SIMULATOR_WORKLOAD_JSON_H_
