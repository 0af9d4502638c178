#include "client/loadtest/sending/closed_loop.h"

#include <thread>

namespace sconce::load {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPauseAfterUnavailable(10);

}  // namespace

ClosedLoop::ClosedLoop(const LoopParts& parts)
    : parts_(parts),
      draw_(*parts.load.mix, parts.load.plan->setup.seed),
      exchange_(parts.load, parts.window,
                [this](grpc::StatusCode code) { OnEnd(code); }) {}

void ClosedLoop::Run(std::stop_token stop) {
  stop_ = stop;
  const std::stop_callback wake(stop, [this] { waker_.Wake(); });
  waker_.SleepUntil(parts_.begin);
  for (int i = 0; i < parts_.load.plan->setup.outstanding; ++i) Start();
  for (auto now = steady_clock::now(); !IsOver(now);
       now = steady_clock::now()) {
    if (now >= parts_.window.end) exchange_.WakeAtEnd(&waker_);
    Await(now);
  }
}

void ClosedLoop::Await(Outcome::Time now) {
  if (waiting_ > 0) {
    std::this_thread::sleep_for(kPauseAfterUnavailable);
    for (int i = waiting_.exchange(0); i > 0; --i) Start();
  } else if (now < parts_.window.end) {
    waker_.SleepUntil(parts_.window.end);
  } else {
    waker_.SleepUntil(parts_.window.end + kLongestTail);
  }
}

void ClosedLoop::Start() {
  Choice choice;
  {
    MutexLock lock(&mu_);
    choice = draw_.Next();
  }
  exchange_.Start(steady_clock::now(), choice);
}

void ClosedLoop::OnEnd(grpc::StatusCode code) {
  if (IsOver(steady_clock::now())) return;
  if (code != grpc::StatusCode::UNAVAILABLE) return Start();
  if (waiting_++ == 0) waker_.Wake();
}

bool ClosedLoop::IsOver(Outcome::Time now) const {
  if (stop_.stop_requested()) return true;
  if (now < parts_.window.end) return false;
  return now >= parts_.window.end + kLongestTail ||
         exchange_.window_under_way() == 0;
}

}  // namespace sconce::load
