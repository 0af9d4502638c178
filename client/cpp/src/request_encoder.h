// From an InferRequest to the bytes of a ModelInferRequest.
#ifndef CLIENT_CPP_SRC_REQUEST_ENCODER_H_
#define CLIENT_CPP_SRC_REQUEST_ENCODER_H_

#include <grpcpp/support/byte_buffer.h>

#include "absl/status/statusor.h"

#include "client/cpp/src/borrowed_bytes.h"
#include "sconce/infer_request.h"

namespace sconce {
inline namespace client {

// Names, shapes and small inputs are written; inputs of 4 KiB and more are
// referred to: those with an owner keep it alive, the others are lent through
// `borrowed`. INVALID_ARGUMENT for an input whose bytes do not match its shape,
// without a model's name, and when the message would have 2 GiB or more.
absl::StatusOr<grpc::ByteBuffer> EncodeRequest(const InferRequest& request,
                                               BorrowedBytes* borrowed);

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_REQUEST_ENCODER_H_
