// From tensors to the bytes of a ModelInferRequest.
#ifndef CLIENT_LOADTEST_PAYLOAD_REQUEST_MESSAGE_H_
#define CLIENT_LOADTEST_PAYLOAD_REQUEST_MESSAGE_H_

#include <grpcpp/support/byte_buffer.h>

#include "absl/status/statusor.h"

#include "client/loadtest/payload/entry_spec.h"
#include "client/loadtest/payload/tensor.h"

namespace sconce::load {

// A request for the entry's model, with the parameter `timings` where `timings`
// is true. The message keeps what it needs. INVALID_ARGUMENT when it would have
// 2 GiB or more.
absl::StatusOr<grpc::ByteBuffer> MakeMessage(const EntrySpec& entry,
                                             NamedTensors inputs, bool timings);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_REQUEST_MESSAGE_H_
