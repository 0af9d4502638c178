#include "client/loadtest/sending/call_pool.h"

namespace sconce::load {

Call* CallPool::Take() {
  MutexLock lock(&mu_);
  if (free_.empty()) free_.push_back(&calls_.emplace_back());
  Call* const call = free_.back();
  free_.pop_back();
  call->context.emplace();
  return call;
}

void CallPool::Put(Call* call) {
  call->reader.reset();
  call->answer.Clear();
  call->status = grpc::Status();
  MutexLock lock(&mu_);
  call->context.reset();  // CancelAll() looks at it
  free_.push_back(call);
}

void CallPool::CancelAll() {
  // With the lock held, lest a context ends meanwhile: gRPC only notes the
  // cancellation here, and never calls back.
  MutexLock lock(&mu_);
  for (Call& call : calls_) {
    if (call.context) call.context->TryCancel();
  }
}

}  // namespace sconce::load
