// InferRequest: one inference request, from its message to its answer's.
#ifndef SERVER_RPC_INFER_REQUEST_H_
#define SERVER_RPC_INFER_REQUEST_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <vector>

#include "server/core/infer_task.h"
#include "server/core/servable_handle.h"
#include "server/rpc/infer_codec.h"
#include "server/rpc/infer_wire.h"
#include "server/rpc/inference_context.h"

namespace sconce {

// What ModelInfer and ModelStreamInfer do with a request. Keeps the request's
// bytes and its servable as long as it lives. Two threads meet here: the
// completion queue's thread calls Run(), the lane's thread calls Finish(),
// which the derived class makes out of Answer().
class InferRequest : public InferTask {
 public:
  InferRequest(const InferRequest&) = delete;
  InferRequest& operator=(const InferRequest&) = delete;

 protected:
  // `context` outlives the request.
  explicit InferRequest(const InferenceContext* context)
      : inference_(context) {}
  ~InferRequest() override = default;

  // Parses `message`, leaves it empty, and schedules. Finish() is called in
  // any case, now or later on a lane, so the object may be gone when this
  // returns. `call` is the RPC that brought the message. Call once.
  void Run(const grpc::ServerContext& call, grpc::ByteBuffer* message);

  // The ModelInferResponse to `outputs`, or the error to be told; records
  // which. `mark_final` adds the parameter that says so. Call once.
  absl::StatusOr<grpc::ByteBuffer> Answer(
      absl::StatusOr<std::vector<OutputTensor>> outputs, bool mark_final) const;

  const InferenceContext* inference() const { return inference_; }

  // Without tensor bytes; empty when the message was malformed.
  const inference::ModelInferRequest& header() const {
    return request_.header();
  }

 private:
  absl::Status Start(grpc::ByteBuffer* message);
  // From here on a lane may finish this request, and end it.
  absl::Status Schedule();
  absl::StatusOr<grpc::ByteBuffer> Encode(
      const std::vector<OutputTensor>& outputs, bool mark_final) const;
  void Record(const absl::Status& status) const;

  const InferenceContext* const inference_;

  WireRequest request_;
  PackedContents packed_;
  ServableHandle servable_;
};

}  // namespace sconce

#endif  // SERVER_RPC_INFER_REQUEST_H_
