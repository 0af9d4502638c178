// What one run of the load client saw.

#ifndef TESTS_BENCH_LOAD_RESULT_H_
#define TESTS_BENCH_LOAD_RESULT_H_

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sconce::bench {

// Everything but the errors is of the measured window only; errors of the
// warm-up and of the drain count too, for none is acceptable anywhere.
struct LoadResult {
  std::vector<std::chrono::nanoseconds> latencies;  // one for each answer
  std::map<std::string, int64_t> errors;            // by gRPC code
  int64_t checked = 0;
  int64_t wrong = 0;
  std::chrono::nanoseconds window{0};
  std::chrono::nanoseconds client_cpu{0};
  std::chrono::nanoseconds server_cpu{0};  // 0 when no process was watched

  bool clean() const { return errors.empty() && wrong == 0; }
};

nlohmann::json ToJson(const LoadResult& result);

}  // namespace sconce::bench

#endif  // TESTS_BENCH_LOAD_RESULT_H_
