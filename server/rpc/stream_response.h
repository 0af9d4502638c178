// Messages of ModelStreamInfer's way back: ModelStreamInferResponse.
#ifndef SERVER_RPC_STREAM_RESPONSE_H_
#define SERVER_RPC_STREAM_RESPONSE_H_

#include <grpcpp/support/byte_buffer.h>

#include "absl/status/status.h"

#include "inference/grpc_service.pb.h"

namespace sconce {

// The message that carries `response`, a serialised ModelInferResponse. Its
// bytes are not copied: both refer to the same slices.
grpc::ByteBuffer WrapResponse(const grpc::ByteBuffer& response);

// The message that tells `status` to whoever sent `request`, by its id and
// model name. Clients take an empty text for success, so the text never is.
grpc::ByteBuffer EncodeStreamError(const absl::Status& status,
                                   const inference::ModelInferRequest& request);

}  // namespace sconce

#endif  // SERVER_RPC_STREAM_RESPONSE_H_
