#include "server/rpc/watch_models_call.h"

#include <cstdint>

#include "absl/time/time.h"

#include "server/base/status_macros.h"
#include "server/rpc/call_status.h"
#include "server/rpc/resume_token.h"

namespace sconce {
namespace {

grpc::Status Draining() {
  return grpc::Status(grpc::StatusCode::UNAVAILABLE,
                      "the server is draining; watch its successor");
}

// Tells starts of the server apart.
uint64_t StartOf(const ManagementContext& context) {
  return static_cast<uint64_t>(absl::ToUnixNanos(context.facts.start_time));
}

}  // namespace

void WatchModelsCall::Post(AsyncManagementService* service,
                           const ManagementContext* context,
                           OpenStreams* streams, CallQueue* queue) {
  auto* call = new WatchModelsCall(service, context, streams, queue);
  call->context_.AsyncNotifyWhenDone(&call->ended_tag_);
  service->RequestWatchModels(&call->context_, &call->request_, &call->writer_,
                              queue->get(), queue->get(), &call->started_tag_);
}

void WatchModelsCall::OnStarted(bool ok) {
  if (!ok) {  // the server shuts down; no call began, nothing else will come
    delete this;
    return;
  }
  Post(service_, management_, streams_, call_queue());
  const absl::Status begun = Begin();
  bool call_ended = false;
  {
    MutexLock lock(&mu_);
    if (!begun.ok() && !end_) end_ = ToGrpcStatus(begun);
    call_ended = call_ended_;
  }
  // The end came first, and took nothing off the lists.
  if (call_ended) Leave();
  Advance();
  Unref();
}

absl::Status WatchModelsCall::Begin() {
  if (management_->monitor == nullptr) {
    return absl::UnimplementedError(
        "WatchModels is not served: this server keeps no record of states");
  }
  const uint64_t start = StartOf(*management_);
  ASSIGN_OR_RETURN(const auto position,
                   ParseResumeToken(request_.resume_token(), start));
  pages_.emplace(management_->monitor, start, position);
  management_->monitor->Add(this);
  streams_->Add(this);
  return absl::OkStatus();
}

void WatchModelsCall::OnStateChange() {
  MutexLock lock(&mu_);
  news_ = true;
  if (busy_ || end_) return;
  busy_ = true;
  Ref();
  alarm_.Set(call_queue()->get(), gpr_inf_past(GPR_CLOCK_MONOTONIC),
             &woken_tag_);
}

void WatchModelsCall::OnWoken(bool) {
  Advance();
  Unref();
}

void WatchModelsCall::OnWritten(bool ok) {
  if (!ok) {
    MutexLock lock(&mu_);
    if (!end_) end_ = grpc::Status::CANCELLED;
  }
  Advance();
  Unref();
}

void WatchModelsCall::OnDrain() {
  MutexLock lock(&mu_);
  if (!end_) end_ = Draining();
  FinishIfIdle();
}

void WatchModelsCall::OnCallEnded(bool) {
  {
    MutexLock lock(&mu_);
    call_ended_ = true;
    if (!end_) end_ = grpc::Status::CANCELLED;
  }
  Leave();
  {
    MutexLock lock(&mu_);
    FinishIfIdle();
  }
  Unref();
}

void WatchModelsCall::Advance() {
  bool may_be_news = true;
  while (!Rest(may_be_news)) {
    Response response;
    if (pages_->Next(&response)) {
      Ref();
      writer_.Write(response, &written_tag_);
      return;
    }
    may_be_news = false;
  }
}

bool WatchModelsCall::Rest(bool may_be_news) {
  MutexLock lock(&mu_);
  if (!end_ && (may_be_news || news_)) {
    news_ = false;
    return false;
  }
  busy_ = false;
  FinishIfIdle();
  return true;
}

void WatchModelsCall::FinishIfIdle() {
  if (busy_ || !end_ || finishing_) return;
  finishing_ = true;
  Ref();
  writer_.Finish(*end_, &finished_tag_);
}

void WatchModelsCall::Leave() {
  if (management_->monitor != nullptr) management_->monitor->Remove(this);
  streams_->Remove(this);
}

void WatchModelsCall::Unref() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

}  // namespace sconce
