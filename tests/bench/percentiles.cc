#include "tests/bench/percentiles.h"

#include <algorithm>
#include <cmath>

namespace sconce::bench {
namespace {

// The smallest time that `share` of all do not exceed.
double Percentile(const std::vector<std::chrono::nanoseconds>& sorted,
                  double share) {
  if (sorted.empty()) return 0;
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return Microseconds(sorted[std::max<size_t>(1, rank) - 1]);
}

}  // namespace

double Microseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

nlohmann::json Percentiles(std::vector<std::chrono::nanoseconds> times) {
  std::sort(times.begin(), times.end());
  return {{"count", times.size()},
          {"p50", Percentile(times, 0.50)},
          {"p90", Percentile(times, 0.90)},
          {"p99", Percentile(times, 0.99)},
          {"p99_9", Percentile(times, 0.999)},
          {"max", Percentile(times, 1.00)}};
}

}  // namespace sconce::bench
