#include "tests/bench/simulator/run_times.h"

#include <chrono>
#include <cmath>
#include <iterator>
#include <utility>

namespace sconce::simulator {

RunTimes::RunTimes(std::map<int64_t, MonoDuration> means, double noise)
    : means_(std::move(means)), noise_(noise) {}

RunTimes RunTimes::Affine(MonoDuration base, MonoDuration per_row,
                          double noise) {
  return RunTimes({{1, base + per_row}, {2, base + 2 * per_row}}, noise);
}

MonoDuration RunTimes::Mean(int64_t rows) const {
  auto above = means_.lower_bound(rows);
  if (above == means_.begin()) ++above;
  if (above == means_.end()) --above;
  const auto& [more, longer] = *above;
  const auto& [less, shorter] = *std::prev(above);
  return shorter + (longer - shorter) * (rows - less) / (more - less);
}

MonoDuration RunTimes::Draw(int64_t rows, Random* random) const {
  if (noise_ == 0) return Mean(rows);
  std::lognormal_distribution<double> factor(-noise_ * noise_ / 2, noise_);
  return std::chrono::duration_cast<MonoDuration>(Mean(rows) * factor(*random));
}

}  // namespace sconce::simulator
