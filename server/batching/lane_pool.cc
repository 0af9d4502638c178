#include "server/batching/lane_pool.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sconce {

LanePool::LanePool(const Options& options) {
  for (int i = 0; i < options.lanes; ++i) {
    threads_.emplace_back(absl::StrCat("lane-", i), [this, i, options] {
      if (options.pinned) Thread::PinCurrentTo(i);
      options.on_thread_start();
      LaneMain();
    });
  }
}

LanePool::~LanePool() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
  }
  work_.SignalAll();
}

void LanePool::RequestTurn(std::shared_ptr<LaneClient> client) {
  {
    MutexLock lock(&mu_);
    turns_.push_back(std::move(client));
  }
  work_.Signal();
}

void LanePool::LaneMain() {
  while (std::shared_ptr<LaneClient> client = NextClient()) client->RunOne();
}

std::shared_ptr<LaneClient> LanePool::NextClient() {
  MutexLock lock(&mu_);
  while (turns_.empty() && !stopping_) work_.Wait(&mu_);
  if (turns_.empty()) return nullptr;
  std::shared_ptr<LaneClient> client = std::move(turns_.front());
  turns_.pop_front();
  return client;
}

}  // namespace sconce
