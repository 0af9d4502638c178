// ProgressLine: what a load is doing, in one line on the terminal.
#ifndef CLIENT_LOADTEST_SENDING_PROGRESS_LINE_H_
#define CLIENT_LOADTEST_SENDING_PROGRESS_LINE_H_

#include <chrono>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"

#include "client/cpp/src/mutex.h"
#include "client/loadtest/sending/live_figures.h"

namespace sconce::load {

// The figures at one time, as the line needs them.
struct LiveSnapshot {
  int64_t due = 0;
  int64_t unsent = 0;
  int64_t ok = 0;
  int64_t failed = 0;
  std::chrono::nanoseconds slowest{0};  // in the last second
};

// "12 s of 61 s · 1200 due · 99/s answered · 3 failed · 14 under way · slowest
// 12.3 ms": at the time `elapsed`, a second after `before`.
std::string ProgressText(const LiveSnapshot& before, const LiveSnapshot& now,
                         std::chrono::seconds elapsed,
                         std::chrono::seconds planned);

// Rewrites the line each second from a thread of its own, and wipes it away at
// the end.
class ProgressLine {
 public:
  // `figures` outlives it. `label` stands before the figures, `planned` is how
  // long the load takes.
  ProgressLine(LiveFigures* figures, std::string label,
               std::chrono::seconds planned);
  ~ProgressLine();

  // Whether standard error is a terminal.
  static bool IsUseful();

 private:
  void Run();
  bool AwaitNext(std::chrono::steady_clock::time_point time)
      ABSL_LOCKS_EXCLUDED(mu_);

  LiveFigures* const figures_;
  const std::string label_;
  const std::chrono::seconds planned_;

  Mutex mu_;
  CondVar changed_;
  bool over_ ABSL_GUARDED_BY(mu_) = false;

  std::thread thread_;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_PROGRESS_LINE_H_
