// From outputs to a response on the wire.
#ifndef SERVER_RPC_INFER_RESPONSE_H_
#define SERVER_RPC_INFER_RESPONSE_H_

#include <grpcpp/support/byte_buffer.h>

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "inference/grpc_service.pb.h"
#include "server/telemetry/request_trace.h"
#include "server/tensor/tensor.h"

namespace sconce {

// Adds the parameters queue_ns, compute_input_ns, compute_infer_ns (int64,
// nanoseconds) and batch_size (rows of the execution) to `response`.
void AddTimings(const RequestTrace& trace,
                inference::ModelInferResponse* response);

// Adds the parameter triton_final_response: no other response to the same
// request follows.
void MarkFinal(inference::ModelInferResponse* response);

// Serialises `response` (its head: names, versions, parameters) followed by
// `outputs`, one raw_output_contents entry each, in order. Large outputs are
// not copied: the buffer's slices refer to them and keep them alive.
// INVALID_ARGUMENT when the message would be larger than 2 GiB, the most that
// protobuf can express.
absl::StatusOr<grpc::ByteBuffer> EncodeInferResponse(
    inference::ModelInferResponse* response,
    absl::Span<const OutputTensor> outputs);

}  // namespace sconce

#endif  // SERVER_RPC_INFER_RESPONSE_H_
