// AnswerParts: a ModelInferResponse, taken apart without copying its tensors.
#ifndef CLIENT_CPP_SRC_ANSWER_PARTS_H_
#define CLIENT_CPP_SRC_ANSWER_PARTS_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

#include "inference/grpc_service.pb.h"

namespace sconce {
inline namespace client {

// The parts of an answer. The pieces refer to the slices, so an object is
// filled where it stays.
struct AnswerParts {
  using Pieces = std::vector<absl::Span<const uint8_t>>;

  AnswerParts() = default;
  AnswerParts(const AnswerParts&) = delete;
  AnswerParts& operator=(const AnswerParts&) = delete;

  std::vector<grpc::Slice> slices;     // keeps the bytes alive
  inference::ModelInferResponse head;  // without raw_output_contents
  std::vector<Pieces> raw_outputs;     // raw_output_contents, in order
  std::string error_message;           // of a streamed answer only
};

// Reads a ModelInferResponse, or with `streamed` a ModelStreamInferResponse.
// INTERNAL when the message is neither. REQUIRES: `parts` is new.
absl::Status ReadAnswer(const grpc::ByteBuffer& message, bool streamed,
                        AnswerParts* parts);

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_ANSWER_PARTS_H_
