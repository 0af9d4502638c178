// A fixed number of requests under way at all times.

#ifndef TESTS_BENCH_CLOSED_LOOP_H_
#define TESTS_BENCH_CLOSED_LOOP_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/infer_request.h"
#include "tests/bench/infer_stubs.h"
#include "tests/bench/load_result.h"

namespace sconce::bench {

struct LoadOptions {
  std::string target;
  int outstanding = 1;
  int channels = 1;
  int64_t warmup = 1000;          // answers before the window may open
  double seconds = 3;             // length of the window
  int64_t count = 0;              // answers that close it earlier; 0 = none do
  double timeout = 30;            // seconds for one request
  int64_t verify_every = 100;     // check each k-th answer
  std::vector<pid_t> watch_pids;  // processes whose CPU time is reported
};

// Sends its requests in turns, again and again: each answer starts the next
// one. A closed loop measures cost and capacity. It says nothing about
// overload, for it slows down with the server.
//
// The window opens after the warm-up and closes after its time, each time in a
// pause between answers where there is one: answers of one batch arrive
// together, and a cut through such a burst would miscount by up to a batch. A
// count closes it exactly.
//
// Runs in the thread that calls Run, once.
class ClosedLoop {
 public:
  ClosedLoop(const LoadOptions& options, std::vector<InferRequest> requests);
  ~ClosedLoop();

  // Waits for the channels, runs, drains. Throws std::runtime_error when the
  // target cannot be reached.
  LoadResult Run();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Phase { kWarmUp, kOpening, kMeasuring, kClosing, kDraining };
  struct Call;

  void Start(Call* call);
  void Complete(Call* call);
  void Record(const Call& call, Clock::time_point now);
  void Verify(const Call& call);

  // Moves on when the phase has what it waits for.
  void Advance(Clock::time_point now);
  void OpenWindow();
  void CloseWindow();
  bool measuring() const;

  // Constant after construction.
  const LoadOptions options_;
  const std::vector<InferRequest> requests_;

  InferStubs stubs_;
  std::vector<std::unique_ptr<Call>> calls_;
  grpc::CompletionQueue queue_;
  Phase phase_ = Phase::kWarmUp;
  Clock::time_point phase_began_;
  Clock::time_point window_began_;
  size_t started_ = 0;
  int64_t answers_ = 0;
  int64_t under_way_ = 0;
  LoadResult result_;
};

}  // namespace sconce::bench

#endif  // TESTS_BENCH_CLOSED_LOOP_H_
