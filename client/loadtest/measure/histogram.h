// Histogram: a distribution of times in bounded memory.
#ifndef CLIENT_LOADTEST_MEASURE_HISTOGRAM_H_
#define CLIENT_LOADTEST_MEASURE_HISTOGRAM_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace sconce::load {

// Buckets that grow with the value, each at most 1/128 wide of what is in it
// (the idea of HdrHistogram): a quantile is at most 0.8 % too high and never
// too low. From 0 to about 18 minutes; what is longer counts as that, though
// max() is exact. 1 kB for each doubling between the least and the largest
// value, 34 kB at most. One thread at a time.
class Histogram {
 public:
  using Time = std::chrono::nanoseconds;

  void Add(Time time);  // below 0 counts as 0
  void Merge(const Histogram& other);

  int64_t count() const;
  Time max() const;  // 0 when there is none
  Time mean() const;

  // The upper bound of the bucket with the value of that rank; `quantile` is in
  // (0, 1). None with fewer than 100 values above it: a percentile that rests
  // on a handful of values says nothing.
  std::optional<Time> Quantile(double quantile) const;

  // As Quantile, however few values there are; 0 when there is none.
  Time RoughQuantile(double quantile) const;

  // Upper bound, which may be a value itself, and count of each bucket that is
  // not empty, in order.
  std::vector<std::pair<Time, int64_t>> Buckets() const;

 private:
  int64_t& CountAt(size_t bucket);

  size_t first_ = 0;             // the bucket of counts_[0]
  std::vector<int64_t> counts_;  // from the least to the largest one in use
  int64_t count_ = 0;
  Time max_{0};
  double sum_ = 0;  // nanoseconds
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_MEASURE_HISTOGRAM_H_
