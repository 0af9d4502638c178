// What an answer tells of the time that the server took.
#ifndef CLIENT_LOADTEST_SENDING_SERVER_TIMES_H_
#define CLIENT_LOADTEST_SENDING_SERVER_TIMES_H_

#include <grpcpp/support/byte_buffer.h>

#include <optional>

#include "client/loadtest/measure/outcome.h"

namespace sconce::load {

// Reads the parameters queue_ns, compute_input_ns, compute_infer_ns and
// compute_output_ns of a ModelInferResponse where it lies, and passes over its
// tensors: less than a microsecond. Nothing when the answer does not have
// queue_ns and compute_infer_ns, or is no such message.
std::optional<ServerTimes> ReadServerTimes(const grpc::ByteBuffer& answer);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_SERVER_TIMES_H_
