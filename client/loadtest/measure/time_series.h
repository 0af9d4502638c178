// TimeSeries: how the figures changed during a load.
#ifndef CLIENT_LOADTEST_MEASURE_TIME_SERIES_H_
#define CLIENT_LOADTEST_MEASURE_TIME_SERIES_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "client/loadtest/measure/histogram.h"

namespace sconce::load {

inline constexpr size_t kMostBins = 4096;

// The requests due in one stretch of the window.
struct SeriesBin {
  int64_t due = 0;
  int64_t sent = 0;
  int64_t ok = 0;        // answered OK
  int64_t rejected = 0;  // as Counts::rejected
  int64_t failed = 0;    // any other code
  int64_t good = 0;      // as Counts::good
  Histogram latency;     // of OK answers

  void Merge(const SeriesBin& other);
};

// Bins of equal length, 1 s at first. When there would be more than kMostBins
// of them, neighbours are put together and the length doubles: an hour is 3600
// bins, a day 2700 of 32 s. One thread at a time.
class TimeSeries {
 public:
  // `since_begin`: due time from the window's begin, not negative.
  SeriesBin& At(std::chrono::nanoseconds since_begin);

  void Merge(const TimeSeries& other);

  // The last one is the last that a request was due in.
  std::chrono::seconds bin_length() const { return length_; }
  const std::vector<SeriesBin>& bins() const { return bins_; }

 private:
  void DoubleLength();

  std::chrono::seconds length_{1};
  std::vector<SeriesBin> bins_;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_MEASURE_TIME_SERIES_H_
