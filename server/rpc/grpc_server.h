// GrpcServer: the port of those who send inference requests.
#ifndef SERVER_RPC_GRPC_SERVER_H_
#define SERVER_RPC_GRPC_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "server/base/clock.h"
#include "server/core/run_to_completion.h"
#include "server/rpc/grpc_port.h"
#include "server/rpc/health_service.h"
#include "server/rpc/inference_service.h"
#include "server/rpc/reflection_service.h"

namespace sconce {

// Life: Start() answers nobody yet; Accept() opens the door; Drain() moves
// clients away without losing a request and ends everything. The methods are
// called by one thread; SetServing() by any.
class GrpcServer {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    int port = 8001;
    int queues = 1;             // completion queues
    int threads_per_queue = 1;  // threads on each
    int64_t max_message_bytes = int64_t{64} << 20;
    // After about this age a connection is told to go elsewhere (GOAWAY); its
    // calls finish. Zero: never, and then a drain cannot move it.
    MonoDuration max_connection_age = std::chrono::seconds(10);
    // What the queues' threads run beside receiving; null: nothing. Borrowed.
    RunToCompletion* work = nullptr;
    TlsIdentity* tls = nullptr;  // null: connections are plain. Borrowed.
  };

  // Binds the port and starts the threads. All health states are NOT_SERVING
  // but that of kLiveService.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const Options& options, InferenceContext context);

  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  void Accept() { port_->Accept(); }
  int port() const { return port_->port(); }

  // What grpc.health.v1 says about `service` from now on: "" is the server,
  // other names are models. Without effect once the drain began.
  void SetServing(const std::string& service, bool serving);

  // Everything is NOT_SERVING for good, the process, too: it is about to end.
  void SetFailed() { health_.states()->Fail(); }

  // 1. Health says NOT_SERVING; requests are served on.
  // 2. Waits until every connection was told to go and is gone, or its age
  //    has run out.
  // 3. Closes the port, ends the inference streams as soon as what they
  //    received is answered (their clients may hold them, and with them the
  //    connection, without end), and waits until all connections went.
  // 4. Shuts gRPC down.
  // Steps 2 and 3 end at `deadline` at the latest. What is in flight then is
  // cancelled after a last second, and waited for: a model that runs cannot be
  // interrupted.
  void Drain(MonoTime deadline);

 private:
  GrpcServer(const Options& options, InferenceContext context);

  const MonoDuration max_connection_age_;
  InferenceService inference_;
  HealthService health_;
  ReflectionService reflection_;
  std::unique_ptr<GrpcPort> port_;
};

}  // namespace sconce

#endif  // SERVER_RPC_GRPC_SERVER_H_
