#include "server/batching/lane_pool.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

// How long RunWork() runs batches before the lanes get the rest: longer saves
// processor time where all are busy, shorter makes use of those that are idle.
constexpr auto kMostOwnWork = std::chrono::milliseconds(1);

// The turns that a thread which joined `pool` keeps for itself.
struct OwnTurns {
  const LanePool* pool = nullptr;
  std::deque<std::shared_ptr<LaneClient>> turns;
};
thread_local OwnTurns own;

}  // namespace

LanePool::LanePool(const Options& options)
    : on_thread_start_(options.on_thread_start) {
  for (int i = 0; i < options.lanes; ++i) {
    threads_.emplace_back(absl::StrCat("lane-", i),
                          [this, i, pinned = options.pinned] {
                            if (pinned) Thread::PinCurrentTo(i);
                            on_thread_start_();
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

void LanePool::JoinThread() {
  on_thread_start_();
  own.pool = this;
}

bool LanePool::HasWork() const { return !own.turns.empty(); }

void LanePool::RunWork() {
  MonoDuration took = MonoDuration::zero();
  while (!own.turns.empty()) {
    std::shared_ptr<LaneClient> client = std::move(own.turns.front());
    own.turns.pop_front();
    // What came in meanwhile may have made it long.
    if (client->IsShort() && took < kMostOwnWork) {
      took += client->RunOne();
    } else {
      RequestLane(std::move(client));
    }
  }
}

bool LanePool::WouldKeep(const LaneClient& client) const {
  return own.pool == this && client.IsShort();
}

void LanePool::RequestTurn(std::shared_ptr<LaneClient> client) {
  if (WouldKeep(*client)) {
    own.turns.push_back(std::move(client));
  } else {
    RequestLane(std::move(client));
  }
}

void LanePool::RequestLane(std::shared_ptr<LaneClient> client) {
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
