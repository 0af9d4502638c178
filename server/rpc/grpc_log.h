// gRPC's own complaints, in the server's log.
#ifndef SERVER_RPC_GRPC_LOG_H_
#define SERVER_RPC_GRPC_LOG_H_

namespace sconce {

// For the process; call it before gRPC is used. One line a second at most:
// whoever connects without TLS causes one. Without effect where GRPC_VERBOSITY
// is set, for who sets it wants all that gRPC says, as it says it.
void TakeGrpcLog();

}  // namespace sconce

#endif  // SERVER_RPC_GRPC_LOG_H_
