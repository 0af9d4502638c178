// What one run of the open loop saw.

#ifndef TESTS_BENCH_OPEN_LOOP_RESULT_H_
#define TESTS_BENCH_OPEN_LOOP_RESULT_H_

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sconce::bench {

// Of the requests that were due within the measured window. Every time counts
// from the moment at which the request was due.
struct OpenLoopResult {
  std::vector<std::chrono::nanoseconds> latencies;  // of answers, late ones too
  std::vector<std::chrono::nanoseconds> refusals;   // RESOURCE_EXHAUSTED
  std::vector<std::chrono::nanoseconds> send_lags;  // of all that were sent
  std::map<std::string, int64_t> statuses;          // by gRPC code
  std::vector<int64_t> good_by_second;  // answers in time, by their due time
  int64_t late = 0;                     // answers after the deadline
  int64_t unsent = 0;  // due while as many were under way as are allowed
  int64_t checked = 0;
  int64_t wrong = 0;
  double seconds = 0;  // length of the window
  std::chrono::nanoseconds client_cpu{0};
  std::chrono::nanoseconds server_cpu{0};  // 0 when no process was watched

  int64_t good() const;
  int64_t offered() const;

  // Whether everything went as an overloaded server may have it: answers that
  // are right, refusals and deadlines, and a client that kept its schedule.
  bool clean() const;
};

nlohmann::json ToJson(const OpenLoopResult& result);

}  // namespace sconce::bench

#endif  // TESTS_BENCH_OPEN_LOOP_RESULT_H_
