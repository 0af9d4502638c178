// LatencyModel: l(b), how long a run of b rows takes, learned from the last
// ones.
#ifndef SERVER_BATCHING_LATENCY_MODEL_H_
#define SERVER_BATCHING_LATENCY_MODEL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "server/base/clock.h"

namespace sconce {

struct LatencyEstimate {
  MonoDuration least = MonoDuration::zero();    // no late run was shorter
  MonoDuration typical = MonoDuration::zero();  // the mean of nearly all
  MonoDuration most = MonoDuration::zero();     // nearly all were shorter
};

// Keeps the last 32 runs of each class of sizes: each size up to 16 rows, eight
// classes an octave above. `most` is their 95th percentile, so that one run
// that another process held up does not turn requests away. Not thread-safe.
class LatencyModel {
 public:
  void Add(int64_t rows, MonoDuration took);

  // For sizes that never ran: on a straight line through the sizes on both
  // sides, or through the smallest and the largest; not more than its share of
  // the next smaller one. Nothing before the first run.
  std::optional<LatencyEstimate> Of(int64_t rows) const;

  // As many rows, up to `max_rows`, as a batch should have: all, unless the
  // largest size that ran often is clearly worse, by time per row, than the
  // best one; then the fewest with which a row takes little more time than with
  // that. After each kLookAgain runs it is twice as many, to see whether that
  // still holds.
  int64_t WorthwhileRows(int64_t max_rows) const;

  // `most`, by the most rows of the class.
  std::map<int64_t, MonoDuration> Get() const;

  // Keeps the shortest run of each class: those of a warm-up get shorter.
  void ForgetWarmUp();

 private:
  static constexpr size_t kRuns = 32;
  static constexpr size_t kLookAgain = 64;
  static constexpr int64_t kAll = int64_t{1} << 40;  // rows: no limit

  struct Runs {
    std::array<MonoDuration, kRuns> last;
    size_t seen = 0;  // in all; the last kRuns are kept
    LatencyEstimate estimate;

    void Add(MonoDuration took);
  };

  using Classes = std::map<int64_t, Runs>;  // by their most rows

  // As WorthwhileRows() says.
  int64_t FindWorthwhile() const;
  // For `rows` more than those of the first class. `above` is the next one.
  LatencyEstimate OnLine(int64_t rows, Classes::const_iterator above) const;

  size_t added_ = 0;  // runs in all
  int64_t worthwhile_ = kAll;
  Classes classes_;
};

}  // namespace sconce

#endif  // SERVER_BATCHING_LATENCY_MODEL_H_
