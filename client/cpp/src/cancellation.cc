#include "sconce/cancellation.h"

#include <utility>

#include "client/cpp/src/cancellation_state.h"

namespace sconce {
inline namespace client {

void Cancellation::State::Add(const std::shared_ptr<OpenCall>& call) {
  {
    MutexLock lock(&mu_);
    if (!cancelled_) {
      calls_.push_back(call);
      return;
    }
  }
  call->Cancel();
}

void Cancellation::State::Remove(const OpenCall* call) {
  std::shared_ptr<OpenCall> removed;  // dies after the lock
  MutexLock lock(&mu_);
  for (auto& each : calls_) {
    if (each.get() != call) continue;
    removed = std::exchange(each, calls_.back());
    calls_.pop_back();
    return;
  }
}

void Cancellation::State::Cancel() {
  std::vector<std::shared_ptr<OpenCall>> calls;
  {
    MutexLock lock(&mu_);
    cancelled_ = true;
    calls.swap(calls_);
  }
  for (const auto& call : calls) call->Cancel();
}

bool Cancellation::State::cancelled() const {
  MutexLock lock(&mu_);
  return cancelled_;
}

Cancellation::Cancellation() : state_(std::make_shared<State>()) {}

void Cancellation::Cancel() const { state_->Cancel(); }

bool Cancellation::cancelled() const { return state_->cancelled(); }

}  // namespace client
}  // namespace sconce
