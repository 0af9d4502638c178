#include "server/rpc/watch_call.h"

namespace sconce {

class WatchCall::Hold {
 public:
  explicit Hold(WatchCall* call) : call_(call) {
    call->references_.fetch_add(1, std::memory_order_relaxed);
  }
  ~Hold() { call_->Unref(); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  WatchCall* const call_;
};

void WatchCall::Post(AsyncHealthService* service, HealthStates* states,
                     CallQueue* queue) {
  auto* call = new WatchCall(service, states, queue);
  call->context_.AsyncNotifyWhenDone(&call->ended_tag_);
  service->RequestWatch(&call->context_, &call->request_, &call->writer_,
                        queue->get(), queue->get(), &call->started_tag_);
}

void WatchCall::OnStarted(bool ok) {
  if (!ok) {
    delete this;
    return;
  }
  Post(service_, states_, call_queue());
  states_->Add(request_.service(), this);
  bool ended = false;
  {
    MutexLock lock(&mu_);
    ended = ended_;
  }
  // The end came first, and took nothing off the list.
  if (ended) states_->Remove(request_.service(), this);
  Unref();
}

void WatchCall::OnStatus(HealthStatus status) {
  MutexLock lock(&mu_);
  if (ended_) return;
  if (writing_) {
    next_ = status;
  } else {
    Write(status);
  }
}

void WatchCall::Write(HealthStatus status) {
  writing_ = true;
  Response response;
  response.set_status(status);
  writer_.Write(response, &written_tag_);
}

void WatchCall::OnWritten(bool) {
  const Hold hold(this);
  MutexLock lock(&mu_);
  writing_ = false;
  if (ended_) {
    FinishIfIdle();
  } else if (next_) {
    const HealthStatus status = *next_;
    next_.reset();
    Write(status);
  }
}

void WatchCall::OnEnded(bool) {
  const Hold hold(this);
  {
    MutexLock lock(&mu_);
    ended_ = true;
  }
  states_->Remove(request_.service(), this);
  MutexLock lock(&mu_);
  FinishIfIdle();
}

void WatchCall::FinishIfIdle() {
  if (writing_ || finishing_) return;
  finishing_ = true;
  writer_.Finish(grpc::Status::CANCELLED, &finished_tag_);
}

void WatchCall::Unref() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

}  // namespace sconce
