#include "server/sources/repository_watcher.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <utility>

#include "server/telemetry/log.h"

namespace sconce {
namespace {

int PollTimeout(MonoTime deadline) {
  if (deadline == kNoDeadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      deadline - Clock::Real()->Now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, INT_MAX));
}

}  // namespace

RepositoryWatcher::RepositoryWatcher(Options options)
    : options_(std::move(options)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      watches_(options_.directories),
      thread_("watch-repos", [this] { Run(); }) {}

RepositoryWatcher::~RepositoryWatcher() {
  eventfd_write(stop_.get(), 1);
  thread_.Join();
}

void RepositoryWatcher::Run() {
  if (!stop_.is_open()) {
    LogError("no descriptor left; changes in the repositories are not seen");
    return;
  }
  while (WaitForChange()) {
    options_.on_change();
    if (StopsWithin(options_.min_interval)) return;
  }
}

// False when it is time to stop.
bool RepositoryWatcher::WaitForChange() {
  // Fixed here: events of hidden entries do not put the period off.
  const MonoTime period_ends = Clock::Real()->Now() + options_.period;
  while (true) {
    std::array<pollfd, 2> waiting = {pollfd{stop_.get(), POLLIN, 0},
                                     pollfd{watches_.descriptor(), POLLIN, 0}};
    const MonoTime deadline = watches_.complete() ? kNoDeadline : period_ends;
    const int ready =
        poll(waiting.data(), waiting.size(), PollTimeout(deadline));
    if (ready < 0) continue;  // a signal
    if (waiting[0].revents != 0) return false;
    if (ready == 0) {
      watches_.Refresh();
      return true;
    }
    if (watches_.ReadEvents()) return true;
  }
}

bool RepositoryWatcher::StopsWithin(MonoDuration time) const {
  const MonoTime deadline = Clock::Real()->Now() + time;
  pollfd waiting = {stop_.get(), POLLIN, 0};
  int ready = -1;
  do {
    ready = poll(&waiting, 1, PollTimeout(deadline));
  } while (ready < 0);
  return ready > 0;
}

}  // namespace sconce
