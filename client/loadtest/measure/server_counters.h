// ServerCounters: what a server's page of metrics says about its work so far.
#ifndef CLIENT_LOADTEST_MEASURE_SERVER_COUNTERS_H_
#define CLIENT_LOADTEST_MEASURE_SERVER_COUNTERS_H_

#include <optional>

#include "absl/strings/string_view.h"

#include "client/loadtest/measure/run_result.h"

namespace sconce::load {

// Sums since the server began, over its models; none: the page has no such.
struct ServerCounters {
  std::optional<double> cpu_seconds;
  std::optional<double> queue_seconds;
  std::optional<double> compute_seconds;
  std::optional<double> requests;

  bool any() const;
};

// `page`: Prometheus text of our server, Triton, MLServer, or any with the
// standard counter of CPU time. What is no such text has no counters.
ServerCounters ReadServerCounters(absl::string_view page);

// What happened from `before` to `after`. A counter that was not there before
// began at 0; none for one that fell, since the server was restarted or a model
// was unloaded.
ServerUse UseBetween(const ServerCounters& before, const ServerCounters& after);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_MEASURE_SERVER_COUNTERS_H_
