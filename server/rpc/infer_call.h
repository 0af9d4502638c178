// InferCall: one ModelInfer RPC.
#ifndef SERVER_RPC_INFER_CALL_H_
#define SERVER_RPC_INFER_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <vector>

#include "server/rpc/call_queue.h"
#include "server/rpc/call_tag.h"
#include "server/rpc/infer_request.h"
#include "server/rpc/inference_context.h"

namespace sconce {

// Owns itself, and is its own request, so that a call is one piece of memory.
// It ends when gRPC delivered both the end of the response and the end of the
// call. The count comes first, to be given back after the request is gone.
class InferCall : private CountedCall, public InferRequest {
 public:
  // Waits for the next ModelInfer on `queue`. `service` and `context` outlive
  // the call.
  static void Post(AsyncInferenceService* service,
                   const InferenceContext* context, CallQueue* queue);

  // InferTask:
  bool IsCancelled() const override {
    return cancelled_.load(std::memory_order_relaxed);
  }
  void Finish(absl::StatusOr<std::vector<OutputTensor>> outputs) override;

 private:
  InferCall(AsyncInferenceService* service, const InferenceContext* context,
            CallQueue* queue);
  ~InferCall() override = default;

  // Events, on the completion queue's thread.
  void OnReceived(bool ok);
  void OnResponseSent(bool ok);
  void OnCallEnded(bool ok);
  void Unref();

  AsyncInferenceService* const service_;

  MemberTag<InferCall, &InferCall::OnReceived> received_tag_{this};
  MemberTag<InferCall, &InferCall::OnResponseSent> sent_tag_{this};
  MemberTag<InferCall, &InferCall::OnCallEnded> ended_tag_{this};

  grpc::ServerContext context_;
  grpc::ByteBuffer message_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> responder_{&context_};

  std::atomic<bool> cancelled_ = false;
  std::atomic<int> references_ = 2;  // the response and the call
};

}  // namespace sconce

#endif  // SERVER_RPC_INFER_CALL_H_
