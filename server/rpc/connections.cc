#include "server/rpc/connections.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include "absl/strings/numbers.h"

namespace sconce {
namespace {

// Of a socket of the Internet's protocols; -1 of everything else.
int LocalPort(int fd) {
  sockaddr_in6 address{};
  socklen_t length = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (getsockname(fd, generic, &length) != 0) return -1;
  // The port is at the same place in both.
  const bool is_internet =
      address.sin6_family == AF_INET || address.sin6_family == AF_INET6;
  return is_internet ? ntohs(address.sin6_port) : -1;
}

bool IsConnected(int fd) {
  sockaddr_storage peer{};
  socklen_t length = sizeof(peer);
  return getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) == 0;
}

}  // namespace

int CountAcceptedConnections(int port) {
  int count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end;
       !error && it != end; it.increment(error)) {
    int fd = -1;
    if (!absl::SimpleAtoi(it->path().filename().string(), &fd)) continue;
    if (LocalPort(fd) == port && IsConnected(fd)) ++count;
  }
  return count;
}

int CountConnectionsIn(std::istream& table, int port) {
  // sl local_address rem_address st …: addresses are HEX:PORT in hexadecimal.
  constexpr char kEstablished[] = "01";
  int count = 0;
  std::string line;
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string slot;
    std::string local;
    std::string remote;
    std::string state;
    if (!(words >> slot >> local >> remote >> state)) continue;
    const size_t colon = local.rfind(':');
    uint32_t local_port = 0;
    if (colon != std::string::npos && state == kEstablished &&
        absl::SimpleHexAtoi(local.substr(colon + 1), &local_port) &&
        local_port == static_cast<uint32_t>(port)) {
      ++count;
    }
  }
  return count;
}

int CountConnections(int port) {
  int count = 0;
  for (const char* path : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
    std::ifstream table(path);
    count += CountConnectionsIn(table, port);
  }
  return count;
}

}  // namespace sconce
