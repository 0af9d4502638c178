#include "client/loadtest/measure/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce::load {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

// From a microsecond to some seconds, most of them near the lower end.
std::vector<nanoseconds> RandomTimes(uint64_t seed, int count) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> times(14, 2);
  std::vector<nanoseconds> all(count);
  for (nanoseconds& time : all) time = nanoseconds(std::llround(times(random)));
  return all;
}

Histogram HistogramOf(const std::vector<nanoseconds>& times) {
  Histogram histogram;
  for (const nanoseconds time : times) histogram.Add(time);
  return histogram;
}

Histogram UpTo(int count) {
  Histogram histogram;
  for (int i = 1; i <= count; ++i) histogram.Add(nanoseconds(i));
  return histogram;
}

TEST(HistogramTest, QuantilesAreNeverTooLowAndLittleTooHigh) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(seed);
    std::vector<nanoseconds> times = RandomTimes(seed, 20'000);
    const Histogram histogram = HistogramOf(times);
    std::sort(times.begin(), times.end());
    for (const double quantile : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
      const auto rank =
          static_cast<size_t>(std::ceil(quantile * times.size() - 1e-6));
      const nanoseconds exact = times[rank - 1];
      EXPECT_GE(histogram.RoughQuantile(quantile), exact) << quantile;
      EXPECT_LE(histogram.RoughQuantile(quantile), exact + exact / 128)
          << quantile;
    }
  }
}

TEST(HistogramTest, SmallValuesAreExact) {
  EXPECT_EQ(UpTo(255).RoughQuantile(0.2), nanoseconds(51));
  EXPECT_EQ(UpTo(255).RoughQuantile(0.9), nanoseconds(230));
}

TEST(HistogramTest, AQuantileNeedsAHundredValuesAboveIt) {
  EXPECT_EQ(UpTo(199).Quantile(0.5), std::nullopt);
  EXPECT_THAT(UpTo(200).Quantile(0.5), Optional(nanoseconds(100)));
  EXPECT_EQ(UpTo(9'999).Quantile(0.99), std::nullopt);
  EXPECT_NE(UpTo(10'000).Quantile(0.99), std::nullopt);
  EXPECT_EQ(UpTo(99'999).Quantile(0.999), std::nullopt);
  EXPECT_NE(UpTo(100'000).Quantile(0.999), std::nullopt);
}

TEST(HistogramTest, HasARoughQuantileHoweverFewThereAre) {
  EXPECT_EQ(UpTo(1).RoughQuantile(0.001), nanoseconds(1));
  EXPECT_EQ(UpTo(3).RoughQuantile(0.99), nanoseconds(3));
}

TEST(HistogramTest, NoValuesHaveNoFigures) {
  const Histogram none;
  EXPECT_EQ(none.count(), 0);
  EXPECT_EQ(none.max(), nanoseconds(0));
  EXPECT_EQ(none.mean(), nanoseconds(0));
  EXPECT_EQ(none.Quantile(0.5), std::nullopt);
  EXPECT_EQ(none.RoughQuantile(0.5), nanoseconds(0));
  EXPECT_THAT(none.Buckets(), IsEmpty());
}

TEST(HistogramTest, MaximumAndMeanAreExact) {
  const std::vector<nanoseconds> times = RandomTimes(4, 1'000);
  const Histogram histogram = HistogramOf(times);
  const nanoseconds sum =
      std::accumulate(times.begin(), times.end(), nanoseconds(0));
  EXPECT_EQ(histogram.max(), *std::max_element(times.begin(), times.end()));
  EXPECT_NEAR(histogram.mean().count(), sum.count() / 1'000.0, 1);
}

TEST(HistogramTest, NoQuantileIsAboveTheMaximum) {
  const Histogram one = HistogramOf({nanoseconds(1'000'001)});
  EXPECT_EQ(one.RoughQuantile(0.5), nanoseconds(1'000'001));
  EXPECT_THAT(one.Buckets(), ElementsAre(Pair(nanoseconds(1'000'001), 1)));
}

TEST(HistogramTest, BelowZeroCountsAsZero) {
  const Histogram histogram = HistogramOf({microseconds(-5)});
  EXPECT_EQ(histogram.max(), nanoseconds(0));
  EXPECT_EQ(histogram.mean(), nanoseconds(0));
  EXPECT_THAT(histogram.Buckets(), ElementsAre(Pair(nanoseconds(0), 1)));
}

TEST(HistogramTest, WhatIsTooLongIsKeptInTheMaximum) {
  const Histogram histogram = HistogramOf({hours(2), hours(1)});
  EXPECT_EQ(histogram.max(), hours(2));
  EXPECT_EQ(histogram.Buckets().size(), 1);
  EXPECT_NEAR(histogram.RoughQuantile(0.5).count() / 60e9, 18.3, 0.1);
}

TEST(HistogramTest, BucketsHoldEachValueOnceInOrder) {
  const Histogram histogram =
      HistogramOf({milliseconds(7), nanoseconds(3), nanoseconds(3)});
  EXPECT_THAT(histogram.Buckets(),
              ElementsAre(Pair(nanoseconds(3), 2), Pair(milliseconds(7), 1)));
}

TEST(HistogramTest, MergedIsAsIfAllHadBeenAdded) {
  const std::vector<nanoseconds> low = RandomTimes(5, 500);
  std::vector<nanoseconds> all = RandomTimes(6, 500);
  for (nanoseconds& time : all) time *= 100;
  Histogram merged = HistogramOf(all);
  merged.Merge(HistogramOf(low));
  merged.Merge(Histogram());
  all.insert(all.end(), low.begin(), low.end());
  const Histogram expected = HistogramOf(all);
  EXPECT_EQ(merged.Buckets(), expected.Buckets());
  EXPECT_EQ(merged.count(), 1'000);
  EXPECT_EQ(merged.max(), expected.max());
  EXPECT_EQ(merged.mean(), expected.mean());
}

TEST(HistogramTest, MergesIntoAnEmptyOne) {
  Histogram merged;
  merged.Merge(UpTo(300));
  EXPECT_EQ(merged.Buckets(), UpTo(300).Buckets());
}

}  // namespace
}  // namespace sconce::load
