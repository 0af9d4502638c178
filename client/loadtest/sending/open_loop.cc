#include "client/loadtest/sending/open_loop.h"

#include <algorithm>
#include <utility>

#include "client/loadtest/sending/sender_thread.h"

namespace sconce::load {
namespace {

using std::chrono::steady_clock;

// The arrivals have the seed itself.
constexpr uint64_t kDrawSeed = 0x9e3779b97f4a7c15;

}  // namespace

OpenLoop::OpenLoop(const LoopParts& parts, ArrivalProcess* arrivals)
    : parts_(parts),
      arrivals_(arrivals),
      draw_(*parts.load.mix, parts.load.plan->setup.seed ^ kDrawSeed),
      exchange_(parts.load, parts.window) {}

void OpenLoop::Run(std::stop_token stop) {
  stop_ = stop;
  const std::stop_callback wake(stop, [this] { waker_.Wake(); });
  PrepareSenderThread();
  while (const auto arrival = arrivals_->Next()) {
    if (!Await(parts_.begin + arrival->due)) return;
    Send(*arrival);
  }
  Await(Outcome::Time::max());  // the window may be longer than the trace
}

bool OpenLoop::Await(Outcome::Time due) {
  while (true) {
    const auto now = steady_clock::now();
    if (!window_is_over_ && std::min(now, due) >= parts_.window.end) {
      window_is_over_ = true;
      exchange_.WakeAtEnd(&waker_);
    }
    if (IsOver(now)) return false;
    if (due <= now) return true;
    const auto next =
        window_is_over_ ? parts_.window.end + kLongestTail : parts_.window.end;
    waker_.SleepUntil(std::min(due, next));
  }
}

bool OpenLoop::IsOver(Outcome::Time now) const {
  if (stop_.stop_requested()) return true;
  if (!window_is_over_) return false;
  return now >= parts_.window.end + kLongestTail ||
         exchange_.window_under_way() == 0;
}

void OpenLoop::Send(const Arrival& arrival) {
  const auto due = parts_.begin + arrival.due;
  const Choice choice = draw_.Next(arrival.entry);
  // A sender that cannot keep up gives up in the end.
  const bool in_time = steady_clock::now() < parts_.window.end + kLongestTail;
  if (in_time && exchange_.under_way() < parts_.load.plan->max_outstanding) {
    exchange_.Start(due, choice);
  } else {
    exchange_.AddUnsent(due, choice);
  }
}

}  // namespace sconce::load
