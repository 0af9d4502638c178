#include "server/rpc/infer_call.h"

#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/rpc/call_status.h"
#include "server/rpc/infer_response.h"
#include "server/rpc/method_target.h"

namespace sconce {
namespace {

// gRPC's deadline in the server's own time.
MonoTime DeadlineOf(const grpc::ServerContext& context, MonoTime now) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) {
    return kNoDeadline;
  }
  const auto left = deadline - std::chrono::system_clock::now();
  // A deadline far enough away would overflow the sum.
  if (left > std::chrono::hours(24 * 365)) return kNoDeadline;
  return now + std::chrono::duration_cast<MonoDuration>(left);
}

}  // namespace

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
    : CountedCall(queue), service_(service), inference_(context) {}

void InferCall::OnReceived(bool ok) {
  if (!ok) {  // the server shuts down; no call began, nothing else will come
    delete this;
    return;
  }
  Post(service_, inference_, call_queue());
  trace.received = Clock::Real()->Now();
  deadline = DeadlineOf(context_, trace.received);
  const absl::Status started = Start();
  if (!started.ok()) Finish(started);
}

absl::Status InferCall::Start() {
  RETURN_IF_ERROR(request_.Parse(message_));
  message_.Clear();
  const auto& header = request_.header();
  ASSIGN_OR_RETURN(MethodTarget target,
                   FindTarget(*inference_->manager, header.model_name(),
                              header.model_version()));
  servable_ = std::move(target.servable);
  method = std::move(target.method);
  RETURN_IF_ERROR(DecodeInferRequest(request_, this, &packed_));
  // From here on a lane may finish this call, and end it.
  return servable_->Schedule(this);
}

void InferCall::Finish(absl::StatusOr<std::vector<OutputTensor>> outputs) {
  const auto response = Encode(std::move(outputs));
  Record(response.status());
  if (response.ok()) {
    responder_.Finish(*response, grpc::Status::OK, &sent_tag_);
  } else {
    responder_.FinishWithError(ToGrpcStatus(response.status()), &sent_tag_);
  }
}

absl::StatusOr<grpc::ByteBuffer> InferCall::Encode(
    absl::StatusOr<std::vector<OutputTensor>> outputs) const {
  if (!outputs.ok()) return outputs.status();
  const auto& header = request_.header();
  MessageArena arena;
  auto* const response = arena.New<inference::ModelInferResponse>();
  response->set_model_name(header.model_name());
  response->set_model_version(absl::StrCat(servable_->id().version));
  response->set_id(header.id());
  if (WantsTimings(header)) AddTimings(trace, response);
  return EncodeInferResponse(response, *outputs);
}

void InferCall::Record(const absl::Status& status) {
  if (!servable_) {
    inference_->metrics->RecordRejected(status.code());
    return;
  }
  servable_->telemetry()->RecordRequest(status.code(), rows, trace,
                                        Clock::Real()->Now());
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
