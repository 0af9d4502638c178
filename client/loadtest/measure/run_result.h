// RunResult: one load from start to end, ready to be reported.
#ifndef CLIENT_LOADTEST_MEASURE_RUN_RESULT_H_
#define CLIENT_LOADTEST_MEASURE_RUN_RESULT_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/loadtest/measure/record.h"

namespace sconce::load {

// What one entry of the mix sends.
struct PayloadSummary {
  size_t count = 0;   // different ones, sent in turns
  std::string first;  // what the first one is: "golden example 'ones'"
  double bytes = 0;   // of a message, their mean
};

// How the load was made; all of it is repeated in the report.
struct RunSetup {
  std::string target;                // host:port
  std::string mode;                  // "open" or "closed"
  std::string arrivals;              // "poisson 100/s", "trace day.csv" …
  int outstanding = 0;               // of a closed loop
  std::vector<std::string> entries;  // names, as in Record::entries
  std::vector<double> weights;
  std::vector<PayloadSummary> payloads;
  std::optional<double> rate;  // asked for, a second; none: it changes
  double timeout_seconds = 0;
  int64_t check_every = 0;
  int64_t max_outstanding = 0;      // of an open loop
  std::chrono::nanoseconds slo{0};  // 0: none was given
  double slo_percentile = 99;
  uint64_t seed = 1;
  int connections = 1;
  double warmup_seconds = 0;
};

// What the server's own counters say about the window; from /metrics. Of all
// models and clients of the server, as it counts: ours counts the compute time
// of a batch once, Triton once for each of its requests.
struct ServerUse {
  std::optional<double> cpu_seconds;  // of the process that has the page
  std::optional<double> queue_seconds;
  std::optional<double> compute_seconds;
  std::optional<double> requests;
};

struct RunResult {
  RunSetup setup;
  std::string started;        // RFC 3339, UTC
  double window_seconds = 0;  // shorter than asked after Ctrl-C
  bool interrupted = false;
  Record record;
  double client_cpu_seconds = 0;
  std::optional<ServerUse> server;
  std::vector<std::string> notes;  // what a reader has to know, one line each
};

// Why the figures of an open loop must not be believed: the client was late
// (send lag p99 above 1 ms or above 1 % of the SLO), or did not send all.
// Empty: they may be. One line each.
std::vector<std::string> VoidReasons(const RunResult& result);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_MEASURE_RUN_RESULT_H_
