// Reads a ModelInferRequest off the wire without copying tensor bytes.
#ifndef SERVER_RPC_INFER_WIRE_H_
#define SERVER_RPC_INFER_WIRE_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <memory>
#include <vector>

#include "absl/status/status.h"

#include "inference/grpc_service.pb.h"
#include "server/rpc/message_arena.h"
#include "server/tensor/byte_chunks.h"

namespace sconce {

// A request message: protobuf has parsed everything but raw_input_contents,
// whose bytes stay in the slices they arrived in. One thread at a time.
class WireRequest {
 public:
  WireRequest() = default;
  WireRequest(const WireRequest&) = delete;
  WireRequest& operator=(const WireRequest&) = delete;

  // INVALID_ARGUMENT when `message` is no ModelInferRequest; the header is
  // empty then. Call once.
  absl::Status Parse(const grpc::ByteBuffer& message);

  const inference::ModelInferRequest& header() const { return *header_; }

  // raw_input_contents, in order; borrowed from this object.
  const std::vector<ByteChunks>& raw_inputs() const { return raw_inputs_; }

  // Keeps raw_inputs()[index] alive beyond this object; null when it is small
  // or lies in several pieces, and so has to be copied anyway.
  std::shared_ptr<const void> OwnerOf(size_t index) const;

 private:
  std::vector<grpc::Slice> slices_;  // keep the bytes alive
  MessageArena arena_;
  inference::ModelInferRequest* const header_ =
      arena_.New<inference::ModelInferRequest>();
  std::vector<ByteChunks> raw_inputs_;
};

}  // namespace sconce

#endif  // SERVER_RPC_INFER_WIRE_H_
