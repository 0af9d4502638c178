// The one conversion from the server's statuses to gRPC's.
#ifndef SERVER_RPC_CALL_STATUS_H_
#define SERVER_RPC_CALL_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace sconce {

// Codes are numerically equal. The message is cut at
// 1 KiB, since it travels in HTTP/2 trailers, which clients limit.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace sconce

#endif  // SERVER_RPC_CALL_STATUS_H_
