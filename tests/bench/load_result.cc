#include "tests/bench/load_result.h"

#include <algorithm>
#include <cmath>

namespace sconce::bench {
namespace {

double Microseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

// The smallest latency that `share` of all do not exceed (nearest rank).
double Percentile(const std::vector<std::chrono::nanoseconds>& sorted,
                  double share) {
  if (sorted.empty()) return 0;
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return Microseconds(sorted[std::max<size_t>(1, rank) - 1]);
}

}  // namespace

nlohmann::json ToJson(const LoadResult& result) {
  auto sorted = result.latencies;
  std::sort(sorted.begin(), sorted.end());
  const double seconds = Microseconds(result.window) / 1e6;
  const double answers = std::max<double>(1, sorted.size());
  return {
      {"ok", sorted.size()},
      {"errors", result.errors},
      {"checked", result.checked},
      {"wrong", result.wrong},
      {"seconds", seconds},
      {"rps", seconds > 0 ? sorted.size() / seconds : 0},
      {"latency_us",
       {{"p50", Percentile(sorted, 0.50)},
        {"p90", Percentile(sorted, 0.90)},
        {"p99", Percentile(sorted, 0.99)},
        {"max", Percentile(sorted, 1.00)}}},
      {"client_cpu_us", Microseconds(result.client_cpu) / answers},
      {"server_cpu_us", Microseconds(result.server_cpu) / answers},
  };
}

}  // namespace sconce::bench
