#include "client/loadtest/measure/histogram.h"

#include <algorithm>
#include <cmath>

namespace sconce::load {
namespace {

constexpr int64_t kLargest = (int64_t{1} << 40) - 1;
constexpr int64_t kFewestAbove = 100;

// Values are in units of 2^shift ns such that 8 bits are left of them: 128 to
// 255 of these units, below 256 ns the value itself.
int ShiftOf(int64_t value) {
  return std::max(0, 64 - __builtin_clzll(value | 1) - 8);
}

size_t BucketOf(int64_t value) {
  const int shift = ShiftOf(value);
  return 128 * shift + (value >> shift);
}

int64_t UpperBoundOf(size_t bucket) {
  if (bucket < 256) return bucket;
  const int shift = bucket / 128 - 1;
  const int64_t units = bucket - 128 * shift;
  return ((units + 1) << shift) - 1;
}

// From 1 to `count`. What is taken off is below a rank, and above what the
// product is off: 0.99 of 10,000 is 9,900.
int64_t RankOf(double quantile, int64_t count) {
  const double rank = std::ceil(quantile * static_cast<double>(count) - 1e-6);
  return std::clamp<int64_t>(static_cast<int64_t>(rank), 1, count);
}

}  // namespace

int64_t& Histogram::CountAt(size_t bucket) {
  if (counts_.empty()) first_ = bucket;
  if (bucket < first_) {
    counts_.insert(counts_.begin(), first_ - bucket, 0);
    first_ = bucket;
  }
  if (bucket - first_ >= counts_.size()) counts_.resize(bucket - first_ + 1);
  return counts_[bucket - first_];
}

void Histogram::Add(Time time) {
  const int64_t value = std::max<int64_t>(0, time.count());
  ++CountAt(BucketOf(std::min(value, kLargest)));
  ++count_;
  sum_ += static_cast<double>(value);
  max_ = std::max(max_, Time(value));
}

void Histogram::Merge(const Histogram& other) {
  for (size_t i = 0; i < other.counts_.size(); ++i) {
    if (other.counts_[i] > 0) CountAt(other.first_ + i) += other.counts_[i];
  }
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

int64_t Histogram::count() const { return count_; }

Histogram::Time Histogram::max() const { return max_; }

Histogram::Time Histogram::mean() const {
  if (count_ == 0) return Time(0);
  return Time(std::llround(sum_ / static_cast<double>(count_)));
}

std::optional<Histogram::Time> Histogram::Quantile(double quantile) const {
  const bool enough =
      count_ > 0 && count_ - RankOf(quantile, count_) >= kFewestAbove;
  return enough ? std::optional(RoughQuantile(quantile)) : std::nullopt;
}

Histogram::Time Histogram::RoughQuantile(double quantile) const {
  if (count_ == 0) return Time(0);
  int64_t left = RankOf(quantile, count_);
  size_t i = 0;
  while (left > counts_[i]) left -= counts_[i++];
  return std::min(max_, Time(UpperBoundOf(first_ + i)));
}

std::vector<std::pair<Histogram::Time, int64_t>> Histogram::Buckets() const {
  std::vector<std::pair<Time, int64_t>> buckets;
  for (size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    buckets.emplace_back(std::min(max_, Time(UpperBoundOf(first_ + i))),
                         counts_[i]);
  }
  return buckets;
}

}  // namespace sconce::load
