// How many connections a port has, as the kernel knows it.
#ifndef SERVER_RPC_CONNECTIONS_H_
#define SERVER_RPC_CONNECTIONS_H_

#include <istream>

namespace sconce {

// Established TCP connections whose local port is `port`, in the network
// namespace of this process. Reads /proc; meant for the drain, not for the
// path of a request. gRPC 1.51 does not tell.
int CountConnections(int port);

// Connected sockets of this process whose local port is `port`. Takes time for
// each descriptor that is open; /proc/net/tcp takes milliseconds on a machine
// with much memory, whose kernel walks through a large table for it. But that
// one also has the connections that the process has not accepted yet.
int CountAcceptedConnections(int port);

// The same as the first in the text of /proc/net/tcp or tcp6.
int CountConnectionsIn(std::istream& table, int port);

}  // namespace sconce

#endif  // SERVER_RPC_CONNECTIONS_H_
