#include "client/loadtest/measure/time_series.h"

#include <utility>

namespace sconce::load {

void SeriesBin::Merge(const SeriesBin& other) {
  due += other.due;
  sent += other.sent;
  ok += other.ok;
  rejected += other.rejected;
  failed += other.failed;
  good += other.good;
  latency.Merge(other.latency);
}

SeriesBin& TimeSeries::At(std::chrono::nanoseconds since_begin) {
  while (since_begin / length_ >= static_cast<int64_t>(kMostBins)) {
    DoubleLength();
  }
  const size_t index = since_begin / length_;
  if (index >= bins_.size()) bins_.resize(index + 1);
  return bins_[index];
}

void TimeSeries::DoubleLength() {
  length_ *= 2;
  std::vector<SeriesBin> doubled((bins_.size() + 1) / 2);
  for (size_t i = 0; i < bins_.size(); ++i) doubled[i / 2].Merge(bins_[i]);
  bins_ = std::move(doubled);
}

void TimeSeries::Merge(const TimeSeries& other) {
  while (length_ < other.length_) DoubleLength();
  for (size_t i = 0; i < other.bins_.size(); ++i) {
    At(other.length_ * i).Merge(other.bins_[i]);
  }
}

}  // namespace sconce::load
