// GrpcServer: the gRPC front end with its port, queues and threads.
#ifndef SERVER_RPC_GRPC_SERVER_H_
#define SERVER_RPC_GRPC_SERVER_H_

#include <grpcpp/completion_queue.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/base/clock.h"
#include "server/base/notification.h"
#include "server/base/thread.h"
#include "server/core/run_to_completion.h"
#include "server/rpc/health_service.h"
#include "server/rpc/inference_service.h"
#include "server/rpc/management_service.h"
#include "server/rpc/reflection_service.h"
#include "server/rpc/tcp_listener.h"

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
  };

  // Binds the port and starts the threads. All health states are NOT_SERVING.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const Options& options, InferenceContext context, ServerFacts facts);

  // REQUIRES: Drain() returned, unless Accept() was never called.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  void Accept();
  int port() const { return listener_->port(); }

  // What grpc.health.v1 says about `service` from now on: "" is the server,
  // other names are models. Without effect once the drain began.
  void SetServing(const std::string& service, bool serving);

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
  explicit GrpcServer(const Options& options);

  absl::Status Build(InferenceContext context, ServerFacts facts);
  void StartThreads();
  void WaitForConnections(MonoTime deadline);
  void ShutDown();

  const Options options_;
  std::unique_ptr<TcpListener> listener_;
  std::unique_ptr<InferenceService> inference_;
  std::unique_ptr<ManagementService> management_;
  HealthService health_;
  ReflectionService reflection_;
  std::vector<std::unique_ptr<CallQueue>> queues_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<Thread> threads_;
};

}  // namespace sconce

#endif  // SERVER_RPC_GRPC_SERVER_H_
