// Latencies as the few numbers that say how they are distributed.

#ifndef TESTS_BENCH_PERCENTILES_H_
#define TESTS_BENCH_PERCENTILES_H_

#include <nlohmann/json.hpp>

#include <chrono>
#include <vector>

namespace sconce::bench {

double Microseconds(std::chrono::nanoseconds time);

// {"count", "p50", "p90", "p99", "p99_9", "max"}, in microseconds by nearest
// rank; zeros when there is none. How many of the count lie above a percentile
// says what it is worth.
nlohmann::json Percentiles(std::vector<std::chrono::nanoseconds> times);

}  // namespace sconce::bench

#endif  // TESTS_BENCH_PERCENTILES_H_
