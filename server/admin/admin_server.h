// AdminServer: metrics, probes and the list of models over HTTP.
#ifndef SERVER_ADMIN_ADMIN_SERVER_H_
#define SERVER_ADMIN_ADMIN_SERVER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "server/core/servable_state.h"
#include "server/telemetry/metrics.h"
#include "server/telemetry/server_status.h"

namespace sconce {

// Serves GET requests on a port of its own:
//   /metrics  Prometheus text format
//   /livez    200 while the process works
//   /readyz   200 while the server wants traffic, else 503
//   /models   JSON: every model version, and every repository by the number
//             of its flag, with state and reason
// Thread-safe.
class AdminServer {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    int port = 8002;  // 0 picks a free one
  };
  // What the pages show. Called on the server's threads, so thread-safe.
  struct Pages {
    const ServerMetrics* metrics = nullptr;  // borrowed
    std::function<bool()> is_ready;
    std::function<ServerStatus()> status;
    std::function<std::vector<ServableReport>()> models;
    // Why it cannot be read, of each; fit for clients.
    std::function<std::vector<absl::Status>()> repositories;
  };

  // Binds the port and starts to answer. UNAVAILABLE when it is taken.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(
      const Options& options, Pages pages);

  // Ends open requests and closes the port.
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  int port() const;

 private:
  struct Impl;
  explicit AdminServer(std::unique_ptr<Impl> impl);

  const std::unique_ptr<Impl> impl_;
};

}  // namespace sconce

#endif  // SERVER_ADMIN_ADMIN_SERVER_H_
