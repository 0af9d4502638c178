#include "server/batching/latency_model.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>
#include <numeric>

namespace sconce {
namespace {

// Of 32 runs one is above: the two longest may be somebody else's fault.
constexpr size_t kAbove = 1;
constexpr size_t kEnoughToLeaveOut = 16;

int64_t ClassOf(int64_t rows) {
  constexpr uint64_t kPerOctave = 8;
  if (rows <= 1) return 1;
  const uint64_t octave = std::bit_floor(static_cast<uint64_t>(rows) - 1);
  const auto step =
      static_cast<int64_t>(std::max(octave / kPerOctave, uint64_t{1}));
  return (rows + step - 1) / step * step;
}

// What a batch costs beside its run, so that the shortest ones are merged.
constexpr MonoDuration kPerBatch = std::chrono::microseconds(10);

// Of sizes that are as good as each other within 5 % the smallest will do; but
// only what is clearly worse is given up: with 15 % noise in each run the
// shortest of 16 and of 32 differ by 5 %, and those of two sizes as much again.
constexpr double kAsGood = 1.05;
constexpr double kClearlyWorse = 1.15;
constexpr size_t kEnoughToGiveUp = 16;

// By the shortest run: others were held up.
double TimePerRow(int64_t rows, const LatencyEstimate& estimate) {
  return static_cast<double>((kPerBatch + estimate.least).count()) /
         static_cast<double>(rows);
}

}  // namespace

void LatencyModel::Runs::Add(MonoDuration took) {
  last[seen++ % kRuns] = took;
  const size_t kept = std::min(seen, kRuns);
  std::array<MonoDuration, kRuns> sorted = last;
  const size_t left_out = kept < kEnoughToLeaveOut ? 0 : kAbove;
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(kept);
  const auto most = end - 1 - static_cast<std::ptrdiff_t>(left_out);
  std::nth_element(sorted.begin(), most, end);
  estimate.most = *most;
  estimate.least = *std::min_element(sorted.begin(), most + 1);
  estimate.typical =
      std::accumulate(sorted.begin(), most + 1, MonoDuration::zero()) /
      (most + 1 - sorted.begin());
}

void LatencyModel::Add(int64_t rows, MonoDuration took) {
  classes_[ClassOf(rows)].Add(took);
  ++added_;
  worthwhile_ = FindWorthwhile();
}

int64_t LatencyModel::WorthwhileRows(int64_t max_rows) const {
  const bool again = added_ % kLookAgain == 0;
  return std::min(again ? 2 * worthwhile_ : worthwhile_, max_rows);
}

int64_t LatencyModel::FindWorthwhile() const {
  double best = std::numeric_limits<double>::max();
  double largest = 0;
  for (const auto& [rows, runs] : classes_) {
    const double time = TimePerRow(rows, runs.estimate);
    best = std::min(best, time);
    if (runs.seen >= kEnoughToGiveUp) largest = time;
  }
  if (largest < kClearlyWorse * best) return kAll;
  for (const auto& [rows, runs] : classes_) {
    if (TimePerRow(rows, runs.estimate) <= kAsGood * best) return rows;
  }
  return kAll;
}

std::optional<LatencyEstimate> LatencyModel::Of(int64_t rows) const {
  if (classes_.empty()) return std::nullopt;
  const int64_t size = ClassOf(rows);
  const auto above = classes_.lower_bound(size);
  if (above != classes_.end() && above->first == size) {
    return above->second.estimate;
  }
  if (above != classes_.begin()) return OnLine(size, above);
  LatencyEstimate estimate = above->second.estimate;
  estimate.least = MonoDuration::zero();
  return estimate;
}

LatencyEstimate LatencyModel::OnLine(int64_t rows,
                                     Classes::const_iterator above) const {
  const auto below = std::prev(above);
  const bool between = above != classes_.end();
  const auto& [less, shorter] = between ? *below : *classes_.begin();
  const auto& [more, longer] = between ? *above : *below;
  const int64_t times = (rows + below->first - 1) / below->first;
  const auto on_line = [&](MonoDuration LatencyEstimate::*time) {
    const MonoDuration least = below->second.estimate.*time;
    if (more == less) return times * least;
    const MonoDuration rise = longer.estimate.*time - shorter.estimate.*time;
    return std::clamp(
        shorter.estimate.*time + rise * (rows - less) / (more - less), least,
        times * least);
  };
  return {below->second.estimate.least, on_line(&LatencyEstimate::typical),
          on_line(&LatencyEstimate::most)};
}

std::map<int64_t, MonoDuration> LatencyModel::Get() const {
  std::map<int64_t, MonoDuration> latencies;
  for (const auto& [rows, runs] : classes_)
    latencies[rows] = runs.estimate.most;
  return latencies;
}

void LatencyModel::ForgetWarmUp() {
  for (auto& [rows, runs] : classes_) {
    const MonoDuration shortest = runs.estimate.least;
    runs = Runs();
    runs.Add(shortest);
  }
}

}  // namespace sconce
