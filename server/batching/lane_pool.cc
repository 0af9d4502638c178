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

// Of a lane that runs nothing.
constexpr MonoTime kFree = MonoTime::min();

// The turns that a thread which joined `pool` keeps for itself.
struct OwnTurns {
  const LanePool* pool = nullptr;
  std::deque<std::pair<std::shared_ptr<LaneClient>, Turn>> turns;
};
thread_local OwnTurns own;

// The calling lane's.
thread_local std::atomic<MonoTime>* my_busy_until = nullptr;

}  // namespace

struct LanePool::Lane {
  explicit Lane(int n) : number(n) {}

  const int number;  // also of the lane that replaces it
  LaneWatch watch;
  std::atomic<bool> left = false;  // the thread ends without taking a turn
  std::optional<Thread> thread;    // last: uses the others
};

LanePool::LanePool(const Options& options)
    : options_(options),
      lane_turns_(static_cast<size_t>(options.lanes)),
      busy_until_(static_cast<size_t>(options.lanes)) {
  for (int i = 0; i < options.lanes; ++i) StartLane(i);
  if (options.watch_period > MonoDuration::zero()) {
    watchdog_.emplace(absl::StrCat(options_.thread_name, "-watch"),
                      [this] { WatchMain(); });
  }
}

void LanePool::StartLane(int number) {
  busy_until_[static_cast<size_t>(number)] = kFree;
  Lane* const lane = lanes_.emplace_back(std::make_unique<Lane>(number)).get();
  lane->thread.emplace(absl::StrCat(options_.thread_name, "-", number),
                       [this, lane] {
                         if (options_.pinned)
                           Thread::PinCurrentTo(lane->number);
                         options_.on_thread_start();
                         options_.on_lane_start(lane->number);
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
    auto [client, turn] = std::move(own.turns.front());
    own.turns.pop_front();
    // What came in meanwhile may have made it long.
    if (client->IsShort() && took < kMostOwnWork) {
      took += client->RunOne();
    } else {
      RequestLane(std::move(client), std::move(turn));
    }
  }
}

bool LanePool::WouldKeep(const LaneClient& client) const {
  return own.pool == this && client.IsShort();
}

void LanePool::RequestTurn(std::shared_ptr<LaneClient> client, Turn turn) {
  if (WouldKeep(*client)) {
    own.turns.emplace_back(std::move(client), std::move(turn));
  } else {
    RequestLane(std::move(client), std::move(turn));
  }
}

void LanePool::RequestLane(std::shared_ptr<LaneClient> client, Turn turn) {
  if (turn.share == nullptr) turn.share = common_share_;
  {
    MutexLock lock(&mu_);
    turns_.Push(std::move(client), std::move(turn));
  }
  work_.Signal();
}

void LanePool::RequestEachLane(const std::shared_ptr<LaneClient>& client) {
  {
    MutexLock lock(&mu_);
    for (auto& turns : lane_turns_) turns.push_back(client);
  }
  work_.SignalAll();
}

void LanePool::AddQueued(MonoDuration work, int64_t weights) {
  MonoDuration before = queued_work_.load(std::memory_order_relaxed);
  while (!queued_work_.compare_exchange_weak(before, before + work,
                                             std::memory_order_relaxed)) {
  }
  if (weights == 0) return;
  waiting_weights_.fetch_add(weights, std::memory_order_relaxed);
}

void LanePool::ExpectRun(MonoDuration time) {
  if (my_busy_until != nullptr) *my_busy_until = Clock::Real()->Now() + time;
}

WorkAhead LanePool::Load() const {
  const MonoTime now = Clock::Real()->Now();
  WorkAhead load;
  load.lanes = options_.lanes;
  load.lane_is_free = false;
  for (const auto& lane : busy_until_) {
    const MonoTime until = lane.load(std::memory_order_relaxed);
    if (until == kFree) load.lane_is_free = true;
    if (until > now) load.running += until - now;
  }
  load.others = queued_work_.load(std::memory_order_relaxed);
  load.other_weights = waiting_weights_.load(std::memory_order_relaxed);
  return load;
}

void LanePool::LaneMain(Lane* lane) {
  lane->watch.Attach();
  std::atomic<MonoTime>& busy_until =
      busy_until_[static_cast<size_t>(lane->number)];
  my_busy_until = &busy_until;
  while (auto next = NextTurn(lane->number)) {
    busy_until = Clock::Real()->Now() + next->turn.cost;
    const MonoDuration took = next->client->RunOne();
    if (lane->watch.is_stuck()) {  // another lane has its number by now
      next.reset();
      options_.on_stuck_lanes(-1);
      lane->left = true;
      return;
    }
    busy_until = kFree;
    EndTurn(next->turn, took);
  }
}

void LanePool::EndTurn(const Turn& turn, MonoDuration took) {
  MutexLock lock(&mu_);
  turns_.Correct(turn, took);
}

void LanePool::WatchMain() {
  while (WaitForPeriod()) {
    CheckStuck(Clock::Real()->Now());
    options_.on_watch();
  }
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

std::optional<LanePool::ClientTurns::Taken> LanePool::NextTurn(int lane) {
  MutexLock lock(&mu_);
  auto& mine = lane_turns_[static_cast<size_t>(lane)];
  while (mine.empty() && turns_.empty() && !stopping_) work_.Wait(&mu_);
  if (!mine.empty()) {
    ClientTurns::Taken taken = {std::move(mine.front()), {common_share_}};
    mine.pop_front();
    return taken;
  }
  if (turns_.empty()) return std::nullopt;
  return turns_.Pop();
}

}  // namespace sconce
