#include "client/loadtest/report/stretches.h"

#include <algorithm>
#include <cmath>

namespace sconce::load {
namespace {

// A window that is longer by a rounding error has no bin for that.
size_t BinsOf(const RunResult& result) {
  const double length = result.record.series.bin_length().count();
  const double needed = std::ceil(result.window_seconds / length - 1e-3);
  return std::max(
      result.record.series.bins().size(),
      static_cast<size_t>(std::clamp(needed, 0.0, 1.0 * kMostBins)));
}

}  // namespace

std::vector<Stretch> StretchesOf(const RunResult& result, size_t most) {
  const TimeSeries& series = result.record.series;
  const size_t bins = BinsOf(result);
  const size_t together = (bins + most - 1) / most;
  std::vector<Stretch> stretches;
  for (size_t i = 0; i < bins; ++i) {
    const double start = static_cast<double>(series.bin_length().count()) * i;
    if (i % together == 0) stretches.push_back({start, 0, {}});
    if (i < series.bins().size()) stretches.back().bin.Merge(series.bins()[i]);
  }
  const double length = series.bin_length().count() * together;
  for (Stretch& stretch : stretches) {
    const double left = result.window_seconds - stretch.start_seconds;
    stretch.length_seconds = left > 0 ? std::min(length, left) : length;
  }
  return stretches;
}

}  // namespace sconce::load
