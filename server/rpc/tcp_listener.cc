#include "server/rpc/tcp_listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

constexpr int kBacklog = 1024;

// How long to leave the backlog alone when no descriptor can be had.
constexpr int kExhaustedPauseMs = 100;

absl::Status SystemError(const std::string& host, int port) {
  const int error = errno;
  const std::string address = absl::StrCat(host, ":", port);
  if (error == EADDRINUSE) {
    return absl::UnavailableError(
        absl::StrCat("port ", port, " on ", host,
                     " is taken by another process; choose another port, or "
                     "0 for a free one"));
  }
  if (error == EACCES) {
    return absl::PermissionDeniedError(
        absl::StrCat("no permission to listen on ", address,
                     "; ports below 1024 need privileges"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("cannot listen on ", address, ": ", std::strerror(error)));
}

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::StatusOr<Addresses> Resolve(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", host, "' is no address to listen on: ", gai_strerror(error)));
  }
  return Addresses(found, &freeaddrinfo);
}

absl::StatusOr<int> Listen(const addrinfo& address, const std::string& host,
                           int port) {
  const int fd =
      socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return SystemError(host, port);
  absl::Cleanup close_socket = [fd] { close(fd); };
  const int on = 1;
  // Lets a restarted server have its port although old connections linger in
  // TIME_WAIT; unlike SO_REUSEPORT it does not share with a live listener.
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, address.ai_addr, address.ai_addrlen) != 0 ||
      listen(fd, kBacklog) != 0) {
    return SystemError(host, port);
  }
  std::move(close_socket).Cancel();
  return fd;
}

int PortOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                   : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

// Accepts one connection if one waits; returns false when the caller should
// wait for the next.
bool AcceptOne(int listener, const TcpListener::OnConnection& on_connection) {
  const int fd =
      accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    on_connection(fd);
    return true;
  }
  if (errno == EMFILE || errno == ENFILE) {
    LogWarning("no file descriptor left for a connection; it has to wait");
    poll(nullptr, 0, kExhaustedPauseMs);
  }
  return errno == EINTR || errno == ECONNABORTED;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TcpListener>> TcpListener::Bind(
    const std::string& host, int port) {
  ASSIGN_OR_RETURN(const Addresses addresses, Resolve(host, port));
  ASSIGN_OR_RETURN(const int fd, Listen(*addresses, host, port));
  const int wake_up = eventfd(0, EFD_CLOEXEC);
  return std::unique_ptr<TcpListener>(new TcpListener(fd, wake_up, PortOf(fd)));
}

TcpListener::~TcpListener() {
  Close();
  close(wake_up_);
}

void TcpListener::Start(const std::string& thread_name,
                        OnConnection on_connection) {
  thread_.emplace(thread_name,
                  [this, on_connection = std::move(on_connection)] {
                    AcceptMain(on_connection);
                  });
}

void TcpListener::AcceptMain(const OnConnection& on_connection) const {
  pollfd events[] = {{socket_, POLLIN, 0}, {wake_up_, POLLIN, 0}};
  while (poll(events, 2, -1) >= 0 || errno == EINTR) {
    if ((events[1].revents & POLLIN) != 0) return;
    while (AcceptOne(socket_, on_connection)) {
    }
  }
}

void TcpListener::Close() {
  if (socket_ < 0) return;
  const uint64_t one = 1;
  // An eventfd that nobody reads cannot be full after one write.
  [[maybe_unused]] const ssize_t written = write(wake_up_, &one, sizeof(one));
  thread_.reset();
  close(socket_);
  socket_ = -1;
}

}  // namespace sconce
