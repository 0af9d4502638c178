// GrpcPort: a port with its gRPC server, completion queues and threads.
#ifndef SERVER_RPC_GRPC_PORT_H_
#define SERVER_RPC_GRPC_PORT_H_

#include <grpcpp/completion_queue.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/base/clock.h"
#include "server/base/thread.h"
#include "server/core/run_to_completion.h"
#include "server/rpc/call_queue.h"
#include "server/rpc/idle_park.h"
#include "server/rpc/tcp_listener.h"
#include "server/rpc/tls_identity.h"

namespace sconce {

// What every front end does alike; which services it has is its owner's affair.
// Life: Open(), Serve(), Accept(), ShutDown(). The methods are called by one
// thread.
class GrpcPort {
 public:
  // A connection on which nothing came for `idle` is asked for a sign of life,
  // and is closed, its calls cancelled, when none comes within `patience`. By
  // default gRPC asks after two hours.
  struct Keepalive {
    MonoDuration idle = std::chrono::seconds(60);
    MonoDuration patience = std::chrono::seconds(20);
    // A client that asks more often is sent away. Clients may ask every 10 s
    // (gRFC A8); by default gRPC wants them to wait for five minutes.
    MonoDuration least_client_period = std::chrono::seconds(5);
  };

  struct Options {
    std::string host = "127.0.0.1";
    int port = 0;                      // 0: a free one
    int queues = 1;                    // completion queues
    int threads_per_queue = 1;         // threads on each
    std::string thread_name = "grpc";  // and the numbers of queue and thread
    int64_t max_message_bytes = int64_t{64} << 20;
    // After about this age a connection is told to go elsewhere (GOAWAY); its
    // calls finish. Zero: never.
    MonoDuration max_connection_age = MonoDuration::zero();
    Keepalive keepalive;
    // What the queues' threads run beside receiving; null: nothing. Borrowed.
    RunToCompletion* work = nullptr;
    // Whether the threads go to an IdlePark when nobody is connected for a
    // while. What calls still have to be told then waits for a connection.
    bool parks_when_idle = false;
    // What proves the port's identity; null: connections are plain. Borrowed.
    TlsIdentity* tls = nullptr;
  };

  // Binds the port. The services are borrowed and outlive it. UNAVAILABLE: the
  // port is taken.
  static absl::StatusOr<std::unique_ptr<GrpcPort>> Open(
      const Options& options, const std::vector<grpc::Service*>& services);

  // Shuts down, if nobody did.
  ~GrpcPort();
  GrpcPort(const GrpcPort&) = delete;
  GrpcPort& operator=(const GrpcPort&) = delete;

  // Posts the first calls with `serve`, once for each queue, and starts the
  // threads. Nobody can connect before Accept().
  void Serve(const std::function<void(size_t index, CallQueue* queue)>& serve);
  void Accept();

  int port() const { return listener_->port(); }

  // Waits until no client is connected, `deadline` at the latest.
  void WaitForConnections(MonoTime deadline) const;

  // No new connections. Idempotent.
  void Close() { listener_->Close(); }

  // Closes the port, cancels what is in flight after `grace`, and waits until
  // every call is answered. Idempotent.
  void ShutDown(MonoDuration grace);

 private:
  explicit GrpcPort(const Options& options);

  // What a thread does.
  void ServeQueue(grpc::ServerCompletionQueue* queue);
  void ServeWithRests(grpc::ServerCompletionQueue* queue);
  absl::Status Build(const std::vector<grpc::Service*>& services);

  const Options options_;
  std::shared_ptr<grpc::ServerCredentials> credentials_;  // as gRPC wants it
  std::unique_ptr<TcpListener> listener_;
  IdlePark park_;
  std::vector<std::unique_ptr<CallQueue>> queues_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<Thread> threads_;
};

}  // namespace sconce

#endif  // SERVER_RPC_GRPC_PORT_H_
