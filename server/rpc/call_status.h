// The one conversion from the server's statuses to gRPC's.
#ifndef SERVER_RPC_CALL_STATUS_H_
#define SERVER_RPC_CALL_STATUS_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace sconce {

// Codes are numerically equal. The message is cut at
// 1 KiB, since it travels in HTTP/2 trailers, which clients limit.
grpc::Status ToGrpcStatus(const absl::Status& status);

// Tells the client when to send a refused request again: the trailing metadata
// grpc-retry-pushback-ms, which gRPC's own retries follow (gRFC A6). Before the
// call is finished.
void AddRetryPushback(const absl::Status& status, grpc::ServerContext* call);

}  // namespace sconce

#endif  // SERVER_RPC_CALL_STATUS_H_
