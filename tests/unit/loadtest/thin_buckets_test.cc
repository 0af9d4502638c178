#include "client/loadtest/report/thin_buckets.h"

#include <numeric>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "client/loadtest/measure/histogram.h"

namespace sconce::load {
namespace {

using std::chrono::nanoseconds;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

Buckets WideDistribution(int count) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> times(14, 3);
  Histogram histogram;
  for (int i = 0; i < count; ++i) {
    histogram.Add(nanoseconds(static_cast<int64_t>(times(random))));
  }
  return histogram.Buckets();
}

int64_t CountOf(const Buckets& buckets) {
  return std::accumulate(
      buckets.begin(), buckets.end(), int64_t{0},
      [](int64_t sum, const auto& bucket) { return sum + bucket.second; });
}

TEST(ThinBucketsTest, FewStayAsTheyAre) {
  const Buckets few = {{nanoseconds(1'003), 4}, {nanoseconds(1'011), 5}};
  EXPECT_EQ(ThinBuckets(few, 64), few);
  EXPECT_THAT(ThinBuckets({}, 64), IsEmpty());
}

TEST(ThinBucketsTest, NoMoreThanAskedAndNothingLost) {
  const Buckets all = WideDistribution(100'000);
  ASSERT_GT(all.size(), 1'500);
  for (const size_t most : {1'024, 256, 64}) {
    const Buckets thin = ThinBuckets(all, most);
    EXPECT_THAT(thin, SizeIs(Le(most)));
    EXPECT_GT(thin.size(), most / 4);
    EXPECT_EQ(CountOf(thin), 100'000);
    EXPECT_EQ(thin.back().first, all.back().first);
  }
}

TEST(ThinBucketsTest, NoValueCountsAsLessThanItWas) {
  const Buckets all = WideDistribution(10'000);
  const Buckets thin = ThinBuckets(all, 256);
  int64_t below = 0;
  size_t i = 0;
  for (const auto& [upper, count] : thin) {
    below += count;
    int64_t at_most = 0;
    for (i = 0; i < all.size() && all[i].first <= upper; ++i) {
      at_most += all[i].second;
    }
    EXPECT_EQ(at_most, below) << upper.count();
  }
}

TEST(ThinBucketsTest, BoundsStayClose) {
  const Buckets all = WideDistribution(100'000);
  const Buckets thin = ThinBuckets(all, 1'024);
  size_t i = 0;
  for (const auto& [upper, count] : all) {
    while (thin[i].first < upper) ++i;
    EXPECT_LE(thin[i].first.count(), upper.count() * (1 + 1.0 / 32) + 1);
  }
}

}  // namespace
}  // namespace sconce::load
