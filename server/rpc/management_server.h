// ManagementServer: the port of those who run the server.
#ifndef SERVER_RPC_MANAGEMENT_SERVER_H_
#define SERVER_RPC_MANAGEMENT_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "server/base/clock.h"
#include "server/rpc/grpc_port.h"
#include "server/rpc/management_service.h"
#include "server/rpc/reflection_service.h"

namespace sconce {

// Serves sconce.management.v1 and reflection of it on queues and threads of its
// own: what blocks on the disk delays no inference, and uploads, which have a
// queue to themselves, delay no other call. Start() answers nobody yet. The
// methods are called by one thread.
class ManagementServer {
 public:
  struct Options {
    std::string host = "127.0.0.1";
    int port = 8003;  // 0: a free one
    int64_t max_message_bytes = int64_t{64} << 20;
    TlsIdentity* tls = nullptr;  // null: connections are plain. Borrowed.
  };

  // Binds the port and starts the threads. What `context` refers to outlives
  // the server. UNAVAILABLE: the port is taken.
  static absl::StatusOr<std::unique_ptr<ManagementServer>> Start(
      const Options& options, ManagementContext context);

  ManagementServer(const ManagementServer&) = delete;
  ManagementServer& operator=(const ManagementServer&) = delete;

  void Accept() { port_->Accept(); }
  int port() const { return port_->port(); }

  // Closes the port, ends WatchModels, cancels what is in flight at `deadline`
  // and waits until it is answered: ModelControl has to call every `done`
  // without waiting for this. Idempotent.
  void Drain(MonoTime deadline);

 private:
  explicit ManagementServer(ManagementContext context);

  ManagementService management_;
  ReflectionService reflection_;
  std::unique_ptr<GrpcPort> port_;
};

}  // namespace sconce

#endif  // SERVER_RPC_MANAGEMENT_SERVER_H_
