#include "server/batching/lane_watch.h"

namespace sconce {
namespace {

thread_local LaneWatch* current = nullptr;

}  // namespace

LaneWatch* LaneWatch::Current() { return current; }

bool LaneWatch::IsCurrentStuck() {
  return current != nullptr && current->is_stuck();
}

void LaneWatch::Attach() { current = this; }

void LaneWatch::Begin(const WatchedRun& run) {
  MutexLock lock(&mu_);
  run_ = run;
  state_ = State::kRunning;
}

bool LaneWatch::End() {
  MutexLock lock(&mu_);
  while (state_ == State::kAnswering) answered_.Wait(&mu_);
  if (state_ == State::kStuck) return false;
  state_ = State::kIdle;
  return true;
}

bool LaneWatch::GiveUp(MonoTime now) {
  WatchedRun run;
  {
    MutexLock lock(&mu_);
    if (state_ != State::kRunning || now < run_.limit) return false;
    state_ = State::kAnswering;
    run = run_;
  }
  // The lane is in the run or in End(): what `run` points to stays.
  run.owner->OnStuck(run.tasks, now - run.begin);
  MutexLock lock(&mu_);
  state_ = State::kStuck;
  answered_.SignalAll();
  return true;
}

bool LaneWatch::is_stuck() const {
  MutexLock lock(&mu_);
  return state_ == State::kStuck;
}

}  // namespace sconce
