#include "client/loadtest/sending/progress_line.h"

#include <pthread.h>
#include <unistd.h>

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sconce::load {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

// To the line's begin, and wipe it.
constexpr char kFresh[] = "\r\x1b[K";

LiveSnapshot Look(LiveFigures* figures) {
  return {.due = figures->due,
          .unsent = figures->unsent,
          .ok = figures->ok,
          .failed = figures->failed,
          .slowest = std::chrono::nanoseconds(figures->slowest_ns.exchange(0))};
}

int64_t Answered(const LiveSnapshot& figures) {
  return figures.ok + figures.failed;
}

}  // namespace

std::string ProgressText(const LiveSnapshot& before, const LiveSnapshot& now,
                         seconds elapsed, seconds planned) {
  std::string text = absl::StrFormat(
      "%d s of %d s, %d due, %d/s answered, %d under way", elapsed.count(),
      planned.count(), now.due, Answered(now) - Answered(before),
      now.due - now.unsent - Answered(now));
  const std::chrono::duration<double, std::milli> slowest = now.slowest;
  if (Answered(now) > Answered(before)) {
    absl::StrAppendFormat(&text, ", slowest %.1f ms", slowest.count());
  }
  if (now.failed > 0) absl::StrAppend(&text, ", ", now.failed, " not OK");
  if (now.unsent > 0) absl::StrAppend(&text, ", ", now.unsent, " NOT SENT");
  return text;
}

ProgressLine::ProgressLine(LiveFigures* figures, std::string label,
                           seconds planned)
    : figures_(figures),
      label_(std::move(label)),
      planned_(planned),
      thread_([this] { Run(); }) {}

ProgressLine::~ProgressLine() {
  {
    MutexLock lock(&mu_);
    over_ = true;
    changed_.SignalAll();
  }
  thread_.join();
  std::cerr << kFresh << std::flush;
}

bool ProgressLine::IsUseful() { return isatty(STDERR_FILENO) != 0; }

void ProgressLine::Run() {
  pthread_setname_np(pthread_self(), "load-progress");
  const auto begin = steady_clock::now();
  LiveSnapshot before;
  for (seconds elapsed(1); AwaitNext(begin + elapsed); ++elapsed) {
    const LiveSnapshot now = Look(figures_);
    std::cerr << absl::StrCat(kFresh, label_,
                              ProgressText(before, now, elapsed, planned_))
              << std::flush;
    before = now;
  }
}

bool ProgressLine::AwaitNext(steady_clock::time_point time) {
  MutexLock lock(&mu_);
  while (!over_ && changed_.WaitUntil(&mu_, time)) {
  }
  return !over_;
}

}  // namespace sconce::load
