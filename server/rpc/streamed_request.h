// StreamedRequest: one request of a ModelStreamInfer RPC.
#ifndef SERVER_RPC_STREAMED_REQUEST_H_
#define SERVER_RPC_STREAMED_REQUEST_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <optional>
#include <utility>
#include <vector>

#include "server/rpc/infer_request.h"

namespace sconce {

class StreamInferCall;

// A ModelStreamInferResponse, and the status that it tells in its own way.
struct StreamAnswer {
  grpc::Status status;
  grpc::ByteBuffer message;
};

// Belongs to its stream, which keeps it until its answer is sent.
class StreamedRequest : public InferRequest {
 public:
  // `call` outlives the request.
  StreamedRequest(StreamInferCall* call, const InferenceContext* context)
      : InferRequest(context), call_(call) {}

  using InferRequest::Run;

  // InferTask:
  bool IsCancelled() const override;
  void Finish(absl::StatusOr<std::vector<OutputTensor>> outputs) override;

  // Null until it is known. Guarded by the stream's lock.
  StreamAnswer* answer() { return answer_ ? &*answer_ : nullptr; }
  void set_answer(StreamAnswer answer) { answer_ = std::move(answer); }

 private:
  StreamInferCall* const call_;
  std::optional<StreamAnswer> answer_;
};

}  // namespace sconce

#endif  // SERVER_RPC_STREAMED_REQUEST_H_
