#include "tests/bench/simulator/simulated_lanes.h"

#include <utility>

namespace sconce::simulator {
namespace {

constexpr MonoTime kFree = MonoTime::min();

}  // namespace

SimulatedLanes::SimulatedLanes(int lanes)
    : busy_until_(static_cast<size_t>(lanes), kFree) {}

void SimulatedLanes::RequestTurn(size_t model, Turn turn) {
  turns_.Push(model, std::move(turn));
}

void SimulatedLanes::AddQueued(MonoDuration work, int64_t weights) {
  queued_work_ += work;
  waiting_weights_ += weights;
}

WorkAhead SimulatedLanes::Load(MonoTime now) const {
  WorkAhead load;
  load.lanes = lanes();
  load.lane_is_free = false;
  for (const MonoTime until : busy_until_) {
    if (until == kFree) load.lane_is_free = true;
    if (until > now) load.running += until - now;
  }
  load.others = queued_work_;
  load.other_weights = waiting_weights_;
  return load;
}

std::optional<SimulatedLanes::Turns::Taken> SimulatedLanes::Begin(
    size_t lane, MonoTime now) {
  if (turns_.empty()) return std::nullopt;
  Turns::Taken taken = turns_.Pop();
  busy_until_[lane] = now + taken.turn.cost;
  return taken;
}

void SimulatedLanes::End(size_t lane, const Turn& turn, MonoDuration took) {
  busy_until_[lane] = kFree;
  turns_.Correct(turn, took);
}

}  // namespace sconce::simulator
