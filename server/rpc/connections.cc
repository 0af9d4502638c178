#include "server/rpc/connections.h"

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/numbers.h"

namespace sconce {

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
