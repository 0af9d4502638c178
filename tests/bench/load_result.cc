#include "tests/bench/load_result.h"

#include <algorithm>

#include "tests/bench/percentiles.h"

namespace sconce::bench {

nlohmann::json ToJson(const LoadResult& result) {
  const size_t count = result.latencies.size();
  const double seconds = Microseconds(result.window) / 1e6;
  const double answers = std::max<double>(1, count);
  return {
      {"ok", count},
      {"errors", result.errors},
      {"checked", result.checked},
      {"wrong", result.wrong},
      {"seconds", seconds},
      {"rps", seconds > 0 ? count / seconds : 0},
      {"latency_us", Percentiles(result.latencies)},
      {"client_cpu_us", Microseconds(result.client_cpu) / answers},
      {"server_cpu_us", Microseconds(result.server_cpu) / answers},
  };
}

}  // namespace sconce::bench
