#include "server/rpc/infer_call.h"

#include <utility>

#include "server/rpc/call_status.h"

namespace sconce {

void InferCall::Post(AsyncInferenceService* service,
                     const InferenceContext* context, CallQueue* queue) {
  auto* call = new InferCall(service, context, queue);
  call->context_.AsyncNotifyWhenDone(&call->ended_tag_);
  service->RequestModelInfer(&call->context_, &call->message_,
                             &call->responder_, queue->get(), queue->get(),
                             &call->received_tag_);
}

InferCall::InferCall(AsyncInferenceService* service,
                     const InferenceContext* context, CallQueue* queue)
    : CountedCall(queue), InferRequest(context), service_(service) {}

void InferCall::OnReceived(bool ok) {
  if (!ok) {  // the server shuts down; no call began, nothing else will come
    delete this;
    return;
  }
  Post(service_, inference(), call_queue());
  Run(context_, &message_);
}

void InferCall::Finish(absl::StatusOr<std::vector<OutputTensor>> outputs) {
  const auto response = Answer(std::move(outputs), /*mark_final=*/false);
  if (response.ok()) {
    responder_.Finish(*response, grpc::Status::OK, &sent_tag_);
  } else {
    AddRetryPushback(response.status(), &context_);
    responder_.FinishWithError(ToGrpcStatus(response.status()), &sent_tag_);
  }
}

void InferCall::OnResponseSent(bool) { Unref(); }

void InferCall::OnCallEnded(bool) {
  if (context_.IsCancelled()) cancelled_.store(true, std::memory_order_relaxed);
  Unref();
}

void InferCall::Unref() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

}  // namespace sconce
