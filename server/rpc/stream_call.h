// RefusedStreamCall: ModelStreamInfer as long as it is not served.
#ifndef SERVER_RPC_STREAM_CALL_H_
#define SERVER_RPC_STREAM_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include <utility>

#include "absl/status/status.h"

#include "server/rpc/call_queue.h"
#include "server/rpc/call_status.h"
#include "server/rpc/call_tag.h"
#include "server/rpc/inference_context.h"

namespace sconce {

// Owns itself: waits for a stream, ends it with a status, waits for the next.
class RefusedStreamCall : public CallTag, private CountedCall {
 public:
  static void Post(AsyncInferenceService* service, CallQueue* queue,
                   absl::Status status) {
    auto* call = new RefusedStreamCall(service, queue, std::move(status));
    service->RequestModelStreamInfer(&call->context_, &call->stream_,
                                     queue->get(), queue->get(), call);
  }

  void OnEvent(bool ok) override {
    if (!ok || finishing_) {
      delete this;
      return;
    }
    Post(service_, call_queue(), status_);
    finishing_ = true;
    stream_.Finish(ToGrpcStatus(status_), this);
  }

 private:
  RefusedStreamCall(AsyncInferenceService* service, CallQueue* queue,
                    absl::Status status)
      : CountedCall(queue), service_(service), status_(std::move(status)) {}

  AsyncInferenceService* const service_;
  const absl::Status status_;
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<inference::ModelStreamInferResponse,
                                inference::ModelInferRequest>
      stream_{&context_};
  bool finishing_ = false;
};

}  // namespace sconce

#endif  // SERVER_RPC_STREAM_CALL_H_
