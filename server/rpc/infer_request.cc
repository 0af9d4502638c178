#include "server/rpc/infer_request.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/rpc/infer_response.h"
#include "server/rpc/method_target.h"
#include "server/rpc/sequence_parameters.h"
#include "server/rpc/traffic_key.h"

namespace sconce {
namespace {

// gRPC's deadline in the server's own time.
MonoTime DeadlineOf(const grpc::ServerContext& call, MonoTime now) {
  const auto deadline = call.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) {
    return kNoDeadline;
  }
  const auto left = deadline - std::chrono::system_clock::now();
  // A deadline far enough away would overflow the sum.
  if (left > std::chrono::hours(24 * 365)) return kNoDeadline;
  return now + std::chrono::duration_cast<MonoDuration>(left);
}

// What is wrong with the sequence is told when the request is decoded.
Affinity AffinityOf(const inference::ModelInferRequest& request) {
  return {TrafficKey(request), ParseSequence(request).value_or(std::nullopt)};
}

}  // namespace

void InferRequest::Run(const grpc::ServerContext& call,
                       grpc::ByteBuffer* message) {
  trace.received = Clock::Real()->Now();
  deadline = DeadlineOf(call, trace.received);
  const absl::Status started = Start(message);
  if (!started.ok()) Finish(started);
}

absl::Status InferRequest::Start(grpc::ByteBuffer* message) {
  const absl::Status parsed = request_.Parse(*message);
  message->Clear();
  RETURN_IF_ERROR(parsed);
  ASSIGN_OR_RETURN(MethodTarget target,
                   FindTarget(*inference_->manager, header().model_name(),
                              header().model_version(), AffinityOf(header())));
  servable_ = std::move(target.servable);
  method = std::move(target.method);
  RETURN_IF_ERROR(DecodeInferRequest(request_, this, &packed_));
  return Schedule();
}

absl::Status InferRequest::Schedule() {
  if (!sequence || !sequence->start) return servable_->Schedule(this);
  // Only what begins well ends what it replaces.
  const SequencePlace place = *sequence;
  const ServableId begins = servable_->id();
  const Manager& manager = *inference_->manager;
  RETURN_IF_ERROR(servable_->Schedule(this));
  if (const auto model = manager.Find(begins.model)) {
    model->EndElsewhere(place, begins);
  }
  return absl::OkStatus();
}

absl::StatusOr<grpc::ByteBuffer> InferRequest::Answer(
    absl::StatusOr<std::vector<OutputTensor>> outputs, bool mark_final) const {
  if (!outputs.ok()) {
    Record(outputs.status());
    return outputs.status();
  }
  auto response = Encode(*outputs, mark_final);
  Record(response.status());
  return response;
}

absl::StatusOr<grpc::ByteBuffer> InferRequest::Encode(
    const std::vector<OutputTensor>& outputs, bool mark_final) const {
  MessageArena arena;
  auto* const response = arena.New<inference::ModelInferResponse>();
  response->set_model_name(header().model_name());
  response->set_model_version(absl::StrCat(servable_->id().version));
  response->set_id(header().id());
  if (WantsTimings(header())) AddTimings(trace, response);
  if (mark_final) MarkFinal(response);
  return EncodeInferResponse(response, outputs);
}

void InferRequest::Record(const absl::Status& status) const {
  if (!servable_) {
    inference_->metrics->RecordRejected(status.code());
    return;
  }
  servable_->telemetry()->RecordRequest(status.code(), rows, trace,
                                        Clock::Real()->Now());
}

}  // namespace sconce
