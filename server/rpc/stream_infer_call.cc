#include "server/rpc/stream_infer_call.h"

#include <utility>

namespace sconce {
namespace {

// Requests of one stream that were read and whose answers gRPC has not taken.
// With as many, reading pauses: a client that does not read its answers fills
// its own buffers, not the server's memory.
constexpr size_t kMostUnanswered = 64;

// What clients of Triton send to have errors as the stream's status.
bool WantsGrpcErrors(const grpc::ServerContext& context) {
  const auto found = context.client_metadata().find("triton_grpc_error");
  return found != context.client_metadata().end() && found->second == "true";
}

grpc::Status Draining() {
  return grpc::Status(
      grpc::StatusCode::UNAVAILABLE,
      "the server is draining; open a new stream, and send again what was not "
      "answered");
}

}  // namespace

void StreamInferCall::Post(AsyncInferenceService* service,
                           const InferenceContext* context,
                           OpenStreams* streams, CallQueue* queue) {
  auto* call = new StreamInferCall(service, context, streams, queue);
  call->context_.AsyncNotifyWhenDone(&call->ended_tag_);
  service->RequestModelStreamInfer(&call->context_, &call->stream_,
                                   queue->get(), queue->get(),
                                   &call->started_tag_);
}

StreamInferCall::StreamInferCall(AsyncInferenceService* service,
                                 const InferenceContext* context,
                                 OpenStreams* streams, CallQueue* queue)
    : CountedCall(queue),
      service_(service),
      inference_(context),
      streams_(streams) {}

void StreamInferCall::OnStarted(bool ok) {
  if (!ok) {  // the server shuts down; no call began, nothing else will come
    delete this;
    return;
  }
  Post(service_, inference_, streams_, call_queue());
  {
    MutexLock lock(&mu_);
    ends_on_error_ = WantsGrpcErrors(context_);
  }
  streams_->Add(this);
  Advance();
  Unref();
}

void StreamInferCall::OnRead(bool ok) {
  StreamedRequest* const request = ok ? AddRequest() : nullptr;
  if (request != nullptr) request->Run(context_, &message_);
  // Only now the next one may be read, so that they are scheduled in order.
  {
    MutexLock lock(&mu_);
    reading_ = false;
    if (!ok) reads_done_ = true;
  }
  Advance();
  Unref();
}

StreamedRequest* StreamInferCall::AddRequest() {
  auto request = std::make_unique<StreamedRequest>(this, inference_);
  StreamedRequest* const added = request.get();
  MutexLock lock(&mu_);
  if (ending_) return nullptr;
  Ref();  // until OnAnswered()
  unanswered_.push_back(std::move(request));
  return added;
}

void StreamInferCall::OnAnswered(StreamedRequest* request,
                                 StreamAnswer answer) {
  {
    MutexLock lock(&mu_);
    // From here on another thread may send it, and delete the request.
    request->set_answer(std::move(answer));
  }
  Advance();
  Unref();
}

void StreamInferCall::OnWritten(bool) {
  // A failed write is no news: the call has ended, and the reads tell.
  {
    MutexLock lock(&mu_);
    writing_ = false;
  }
  Advance();
  Unref();
}

// OnFinished() waits for OpenStreams' lock, which is held here: no reference
// is needed.
void StreamInferCall::OnDrain() {
  {
    MutexLock lock(&mu_);
    draining_ = true;
  }
  Advance();
}

void StreamInferCall::OnFinished(bool) {
  streams_->Remove(this);
  Unref();
}

void StreamInferCall::OnCallEnded(bool) {
  if (context_.IsCancelled()) cancelled_.store(true, std::memory_order_relaxed);
  Unref();
}

void StreamInferCall::Advance() {
  Step step;
  {
    MutexLock lock(&mu_);
    step = NextStep();
  }
  if (step.read) stream_.Read(&message_, &read_tag_);
  if (step.answered != nullptr) {
    stream_.Write(step.answered->answer()->message, &written_tag_);
  }
  if (step.end) stream_.Finish(*step.end, &finished_tag_);
}

StreamInferCall::Step StreamInferCall::NextStep() {
  Step step;
  if (ending_) return step;
  step.end = EndNow();
  if (step.end) {
    ending_ = true;
    Ref();
    // Nobody hears the answers that are still to come.
    cancelled_.store(true, std::memory_order_relaxed);
    return step;
  }
  if (!writing_ && !unanswered_.empty() &&
      unanswered_.front()->answer() != nullptr) {
    writing_ = true;
    Ref();
    step.answered = std::move(unanswered_.front());
    unanswered_.pop_front();
  }
  if (MayRead()) {
    step.read = reading_ = true;
    Ref();
  }
  return step;
}

bool StreamInferCall::MayRead() const {
  const size_t unanswered = unanswered_.size() + (writing_ ? 1 : 0);
  return !reading_ && !reads_done_ && !draining_ &&
         unanswered < kMostUnanswered;
}

// Never with a write under way: gRPC wants the end after the last one.
std::optional<grpc::Status> StreamInferCall::EndNow() {
  if (writing_) return std::nullopt;
  if (unanswered_.empty()) {
    if (reads_done_) return grpc::Status::OK;
    if (draining_) return Draining();
    return std::nullopt;
  }
  const StreamAnswer* const next = unanswered_.front()->answer();
  if (ends_on_error_ && next != nullptr && !next->status.ok()) {
    return next->status;
  }
  return std::nullopt;
}

void StreamInferCall::Unref() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

}  // namespace sconce
