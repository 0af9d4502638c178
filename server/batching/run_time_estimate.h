// RunTimeEstimate: whether a model's batches are short.
#ifndef SERVER_BATCHING_RUN_TIME_ESTIMATE_H_
#define SERVER_BATCHING_RUN_TIME_ESTIMATE_H_

#include <atomic>

#include "server/base/clock.h"

namespace sconce {

// An exponentially weighted mean of what batches took, with weight 1/16. One
// batch that was interrupted by another process moves it little; one that
// took kStall or longer replaces it, so that about 150 short ones are needed
// to be trusted again. Thread-safe; lanes that report at the same moment may
// lose a report, which the next makes good.
class RunTimeEstimate {
 public:
  // Waking a lane costs 10 to 90 us of processor time (doc/adr/0006).
  static constexpr MonoDuration kShort = std::chrono::microseconds(100);
  static constexpr MonoDuration kStall = std::chrono::milliseconds(10);

  void Add(MonoDuration took);

  // Whether the next batch is expected to take less than kShort.
  bool IsShort() const {
    return mean_.load(std::memory_order_relaxed) < kShort;
  }

 private:
  std::atomic<MonoDuration> mean_ = kStall;  // unknown is long
};

}  // namespace sconce

#endif  // SERVER_BATCHING_RUN_TIME_ESTIMATE_H_
