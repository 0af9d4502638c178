// How many connections a port has, as the kernel knows it.
#ifndef SERVER_RPC_CONNECTIONS_H_
#define SERVER_RPC_CONNECTIONS_H_

#include <istream>

namespace sconce {

// Established TCP connections whose local port is `port`, in the network
// namespace of this process. Reads /proc; meant for the drain, not for the
// path of a request. gRPC 1.51 does not tell.
int CountConnections(int port);

// The same in the text of /proc/net/tcp or tcp6.
int CountConnectionsIn(std::istream& table, int port);

}  // namespace sconce

#endif  // SERVER_RPC_CONNECTIONS_H_
