#include "client/cpp/src/open_calls.h"

#include <utility>
#include <vector>

namespace sconce {
inline namespace client {

bool OpenCalls::Add(const std::shared_ptr<OpenCall>& call) {
  MutexLock lock(&mu_);
  if (closed_) return false;
  calls_.emplace(call.get(), call);
  return true;
}

void OpenCalls::Remove(const OpenCall* call) {
  std::shared_ptr<OpenCall> removed;  // dies after the lock
  MutexLock lock(&mu_);
  const auto found = calls_.find(call);
  removed = std::move(found->second);
  calls_.erase(found);
  if (calls_.empty()) emptied_.SignalAll();
}

void OpenCalls::CancelAll() {
  std::vector<std::shared_ptr<OpenCall>> calls;
  {
    MutexLock lock(&mu_);
    closed_ = true;
    for (const auto& [call, owner] : calls_) calls.push_back(owner);
  }
  for (const auto& call : calls) call->Cancel();
  calls.clear();
  MutexLock lock(&mu_);
  while (!calls_.empty()) emptied_.Wait(&mu_);
}

}  // namespace client
}  // namespace sconce
