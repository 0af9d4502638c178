// TcpListener: accepts connections and hands them on.
//
// gRPC can listen by itself, but then only its Shutdown() closes the port, and
// that ends calls that arrive at the wrong moment with CANCELLED. With a
// listener of our own the port closes first and calls drain after. A taken
// port is also noticed for certain: gRPC would share it by SO_REUSEPORT.
#ifndef SERVER_RPC_TCP_LISTENER_H_
#define SERVER_RPC_TCP_LISTENER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "server/base/thread.h"

namespace sconce {

// Owns the listening socket. Not thread-safe.
class TcpListener {
 public:
  // Takes over a connected socket.
  using OnConnection = std::function<void(int socket)>;

  // Binds `host` (a name or an address) and `port`; 0 picks a free one.
  // Connections queue in the kernel until Start(). UNAVAILABLE when the port
  // is taken, INVALID_ARGUMENT for a host that is no address of this machine.
  static absl::StatusOr<std::unique_ptr<TcpListener>> Bind(
      const std::string& host, int port);

  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  // Begins to accept, on a thread of its own with that name. Call once.
  void Start(const std::string& thread_name, OnConnection on_connection);

  // Closes the port: new connections are refused by the kernel. Idempotent.
  void Close();

  int port() const { return port_; }

 private:
  TcpListener(int socket, int wake_up, int port)
      : socket_(socket), wake_up_(wake_up), port_(port) {}

  void AcceptMain(const OnConnection& on_connection) const;

  int socket_;   // -1 once closed
  int wake_up_;  // an eventfd that ends AcceptMain()
  const int port_;
  std::optional<Thread> thread_;
};

}  // namespace sconce

#endif  // SERVER_RPC_TCP_LISTENER_H_
