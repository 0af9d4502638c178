// Server: builds the parts of the process bottom-up and ends them in reverse.
#ifndef SERVER_SERVER_H_
#define SERVER_SERVER_H_

#include <memory>

#include "absl/status/statusor.h"

#include "server/options.h"

namespace sconce {

// The process ended because a device failed: it can compute nothing more, and
// what it computed last may be wrong. A supervisor starts the process anew.
inline constexpr int kDeviceFailedExitCode = 3;

// One per process. Start() and Drain() are called by one thread.
class Server {
 public:
  // Opens the ports, then loads the models in the background. An error says
  // what could not be had (a taken port, a repository that is a file).
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const ServerOptions& options);

  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Stops without losing a request: GrpcServer::Drain() describes how. Ends
  // within the drain timeout. Call once.
  void Drain();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);

  const std::unique_ptr<Impl> impl_;
};

}  // namespace sconce

#endif  // SERVER_SERVER_H_
