// ServerMetrics: reads a server's page of metrics over HTTP.
#ifndef CLIENT_LOADTEST_MEASURE_SERVER_METRICS_H_
#define CLIENT_LOADTEST_MEASURE_SERVER_METRICS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "client/loadtest/measure/server_counters.h"

namespace sconce::load {

// Immutable; thread-safe.
class ServerMetrics {
 public:
  // `url`: http://HOST[:PORT][/PATH] as the user named it, "off", or empty: the
  // usual one of the server at `target` (HOST:PORT), if that has it.
  // InvalidArgument: another form.
  static absl::StatusOr<ServerMetrics> Create(const std::string& url,
                                              const std::string& target);

  // The counters now. An error of one line where a page that the user named
  // does not answer or has none of them; nothing where it was not named, or is
  // off. Blocks for a few seconds at most; reads 16 MiB at most.
  absl::StatusOr<std::optional<ServerCounters>> Read() const;

 private:
  ServerMetrics() = default;
  absl::StatusOr<ServerCounters> ReadPage() const;
  absl::StatusOr<std::string> FetchPage() const;

  // Constant after construction.
  bool off_ = false;
  bool named_ = false;
  std::string host_;
  int port_ = 0;
  std::string path_;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_MEASURE_SERVER_METRICS_H_
