// A model run back to back in this process: what no server can beat.

#ifndef TESTS_BENCH_RAW_LOOP_H_
#define TESTS_BENCH_RAW_LOOP_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sconce::bench {

struct RawLoopOptions {
  std::string model;
  std::vector<int64_t> shape;     // of the one input, batch first
  std::string type = "FP32";      // of its elements, or INT64
  std::string optimize = "auto";  // off, freeze, auto
  int threads = 1;
  int intra_op_threads = 1;  // of each thread
  int warmup = 3;            // runs of each thread before the clock starts
  double seconds = 5;
};

struct RawLoopResult {
  int64_t items = 0;
  double items_per_second = 0;
  std::chrono::nanoseconds cpu{0};  // of the whole process, the loop only
  std::vector<std::chrono::nanoseconds> forwards;  // how long each run took
};

// Loads the model and runs it in `threads` pinned threads that share it, on
// inputs that are in memory already. Throws what LibTorch throws.
RawLoopResult RunRawLoop(const RawLoopOptions& options);

}  // namespace sconce::bench

#endif  // TESTS_BENCH_RAW_LOOP_H_
