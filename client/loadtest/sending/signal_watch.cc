#include "client/loadtest/sending/signal_watch.h"

#include <pthread.h>
#include <signal.h>

#include <chrono>

namespace sconce::load {
namespace {

// What comes within this time is the same signal: some programs send it to a
// process and to its group.
constexpr std::chrono::milliseconds kOneSignal(200);

sigset_t Watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

void DieOf(int number) {
  signal(number, SIG_DFL);
  const sigset_t set = Watched();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  raise(number);
}

}  // namespace

SignalWatch::SignalWatch() {
  const sigset_t set = Watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { Run(); });
}

SignalWatch::~SignalWatch() {
  ending_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);  // ends its wait
  thread_.join();
}

void SignalWatch::Run() {
  pthread_setname_np(pthread_self(), "load-signals");
  const sigset_t set = Watched();
  int number = 0;
  std::chrono::steady_clock::time_point first;
  while (sigwait(&set, &number) == 0 && !ending_) {
    const auto now = std::chrono::steady_clock::now();
    if (stop_.stop_requested() && now < first + kOneSignal) continue;
    if (!armed_ || stop_.stop_requested()) DieOf(number);
    stop_.request_stop();
    first = now;
  }
}

}  // namespace sconce::load
