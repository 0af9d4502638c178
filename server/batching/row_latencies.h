// RowLatencies: how long executions take, by their rows.
#ifndef SERVER_BATCHING_ROW_LATENCIES_H_
#define SERVER_BATCHING_ROW_LATENCIES_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <map>

#include "server/base/clock.h"

namespace sconce {

// An exponentially weighted mean, with weight 1/16, for each class of sizes:
// up to 1, 2, 4, 8 … rows. Thread-safe; lanes that report at the same moment
// may lose a report.
class RowLatencies {
 public:
  void Add(int64_t rows, MonoDuration took);

  // By the most rows of the class; without classes that were never seen.
  std::map<int64_t, MonoDuration> Get() const;

 private:
  static constexpr size_t kClasses = 32;

  std::array<std::atomic<MonoDuration>, kClasses> means_ = {};  // zero: none
};

}  // namespace sconce

#endif  // SERVER_BATCHING_ROW_LATENCIES_H_
