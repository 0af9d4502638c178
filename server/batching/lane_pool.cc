#include "server/batching/lane_pool.h"

#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/batching/lane_watch.h"

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

struct LanePool::Lane {
  explicit Lane(int n) : number(n) {}

  const int number;  // also of the lane that replaces it
  LaneWatch watch;
  std::atomic<bool> left = false;  // the thread ends without taking a turn
  std::optional<Thread> thread;    // last: uses the others
};

LanePool::LanePool(const Options& options) : options_(options) {
  for (int i = 0; i < options.lanes; ++i) StartLane(i);
  if (options.watch_period > MonoDuration::zero()) {
    watchdog_.emplace("lane-watch", [this] { WatchMain(); });
  }
}

void LanePool::StartLane(int number) {
  Lane* const lane = lanes_.emplace_back(std::make_unique<Lane>(number)).get();
  lane->thread.emplace(absl::StrCat("lane-", number), [this, lane] {
    if (options_.pinned) Thread::PinCurrentTo(lane->number);
    options_.on_thread_start();
    LaneMain(lane);
  });
}

LanePool::~LanePool() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
  }
  work_.SignalAll();
  stop_.SignalAll();
}

void LanePool::JoinThread() {
  options_.on_thread_start();
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

void LanePool::LaneMain(Lane* lane) {
  lane->watch.Attach();
  while (std::shared_ptr<LaneClient> client = NextClient()) {
    client->RunOne();
    if (!lane->watch.is_stuck()) continue;
    client.reset();
    options_.on_stuck_lanes(-1);
    lane->left = true;
    return;
  }
}

void LanePool::WatchMain() {
  while (WaitForPeriod()) CheckStuck(Clock::Real()->Now());
}

bool LanePool::WaitForPeriod() {
  const MonoTime end = Clock::Real()->Now() + options_.watch_period;
  MutexLock lock(&mu_);
  while (!stopping_ && stop_.WaitUntil(&mu_, end)) {
  }
  return !stopping_;
}

void LanePool::CheckStuck(MonoTime now) {
  std::erase_if(lanes_, [](const auto& lane) { return lane->left.load(); });
  const size_t count = lanes_.size();
  for (size_t i = 0; i < count; ++i) {
    if (!lanes_[i]->watch.GiveUp(now)) continue;
    options_.on_stuck_lanes(+1);
    StartLane(lanes_[i]->number);
  }
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
