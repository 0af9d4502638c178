// Requests at the times of a Poisson process, whatever the answers do.

#ifndef TESTS_BENCH_OPEN_LOOP_H_
#define TESTS_BENCH_OPEN_LOOP_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/infer_request.h"
#include "tests/bench/infer_stubs.h"
#include "tests/bench/open_loop_result.h"
#include "tests/bench/poisson_arrivals.h"

namespace sconce::bench {

struct OpenLoopOptions {
  std::string target;
  int channels = 1;
  double rate = 100;              // requests a second, on average
  double warmup_seconds = 1;      // load before the window
  double seconds = 3;             // length of the window
  double deadline = 30;           // seconds from the time a request is due
  int64_t under_way = 10000;      // more than these are not sent
  uint64_t seed = 1;              // of the arrival times
  int64_t verify_every = 100;     // check each k-th answer
  std::vector<pid_t> watch_pids;  // processes whose CPU time is reported
};

// Sends requests in turns. Unlike a closed loop it does not slow down with the
// server: it shows overload, and what a user sees when the server stalls, for
// each latency counts from the time at which the request was due, sent or not.
//
// The load goes on for a while after the window, so that the last requests of
// the window meet what the first ones met.
//
// One thread sends, which sleeps until a request is due and never waits for an
// answer; one receives.
class OpenLoop {
 public:
  OpenLoop(const OpenLoopOptions& options, std::vector<InferRequest> requests);

  // Connects, runs, waits for all answers; once. The sender is the calling
  // thread. Throws std::runtime_error when the target cannot be reached.
  OpenLoopResult Run();

 private:
  using Clock = std::chrono::steady_clock;
  struct Call;

  // The sender's.
  void Send();
  void SendUntil(Clock::time_point end, bool measured);
  void Start(Clock::time_point due, bool measured);

  // The receiver's.
  void Receive();
  void Record(const Call& call, Clock::time_point now);
  void RecordAnswer(const Call& call, std::chrono::nanoseconds took);

  // Constant once the receiver runs.
  const OpenLoopOptions options_;
  const std::vector<InferRequest> requests_;
  const Clock::duration deadline_;
  InferStubs stubs_;
  Clock::time_point window_begins_;

  grpc::CompletionQueue queue_;
  std::atomic<int64_t> under_way_ = 0;

  // The sender's.
  PoissonArrivals arrivals_;
  size_t started_ = 0;
  int64_t unsent_ = 0;
  std::chrono::nanoseconds client_cpu_{0};
  std::chrono::nanoseconds server_cpu_{0};

  // The receiver's.
  int64_t answers_ = 0;
  OpenLoopResult result_;
};

}  // namespace sconce::bench

#endif  // TESTS_BENCH_OPEN_LOOP_H_
