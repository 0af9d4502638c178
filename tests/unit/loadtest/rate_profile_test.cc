#include "client/loadtest/arrivals/rate_profile.h"

#include <gtest/gtest.h>

namespace sconce::load {
namespace {

using Seconds = RateProfile::Seconds;

// That TimeOf() undoes CountAt(), wherever there is a rate.
void ExpectInverse(const RateProfile& profile, double until) {
  for (double time = 0.05; time < until; time += 0.1) {
    const double count = profile.CountAt(Seconds(time));
    const auto back = profile.TimeOf(count);
    ASSERT_TRUE(back.has_value()) << time;
    EXPECT_NEAR(profile.CountAt(*back), count, 1e-6) << time;
    if (profile.RateAt(Seconds(time)) > 0) {
      EXPECT_NEAR(back->count(), time, 1e-9);
    }
  }
}

TEST(RateProfileTest, ConstantRateGoesOnForEver) {
  const auto profile = RateProfile::Constant(10);
  EXPECT_DOUBLE_EQ(profile.RateAt(Seconds(12345.5)), 10);
  EXPECT_NEAR(profile.CountAt(Seconds(12345.5)), 123455, 1e-6);
  ExpectInverse(profile, 3);
}

TEST(RateProfileTest, StepsShareTheTimeAndTheLastOneStays) {
  const auto profile = RateProfile::Steps({10, 0, 30}, Seconds(6));
  EXPECT_DOUBLE_EQ(profile.RateAt(Seconds(1.9)), 10);
  EXPECT_DOUBLE_EQ(profile.RateAt(Seconds(2.1)), 0);
  EXPECT_DOUBLE_EQ(profile.RateAt(Seconds(4.1)), 30);
  EXPECT_DOUBLE_EQ(profile.RateAt(Seconds(9)), 30);
  EXPECT_NEAR(profile.CountAt(Seconds(6)), 80, 1e-9);
  ExpectInverse(profile, 8);
}

TEST(RateProfileTest, RampGrowsEvenly) {
  const auto profile = RateProfile::Ramp(0, 100, Seconds(10));
  EXPECT_DOUBLE_EQ(profile.RateAt(Seconds(5)), 50);
  EXPECT_NEAR(profile.CountAt(Seconds(5)), 125, 1e-9);
  EXPECT_NEAR(profile.CountAt(Seconds(10)), 500, 1e-9);
  EXPECT_NEAR(profile.CountAt(Seconds(11)), 600, 1e-9);
  ExpectInverse(profile, 12);
}

TEST(RateProfileTest, RampFallsEvenly) {
  const auto profile = RateProfile::Ramp(100, 0, Seconds(10));
  EXPECT_NEAR(profile.CountAt(Seconds(10)), 500, 1e-9);
  ExpectInverse(profile, 10);
}

TEST(RateProfileTest, NothingComesAfterTheRateIsZeroForEver) {
  const auto profile = RateProfile::Ramp(100, 0, Seconds(10));
  EXPECT_TRUE(profile.TimeOf(499).has_value());
  EXPECT_FALSE(profile.TimeOf(501).has_value());
}

TEST(RateProfileTest, BurstsRepeat) {
  const auto profile = RateProfile::Bursts(50, 10, Seconds(2), Seconds(3));
  for (const double cycle : {0.0, 5.0, 500.0}) {
    EXPECT_DOUBLE_EQ(profile.RateAt(Seconds(cycle + 1.9)), 50) << cycle;
    EXPECT_DOUBLE_EQ(profile.RateAt(Seconds(cycle + 2.1)), 10) << cycle;
  }
  EXPECT_NEAR(profile.CountAt(Seconds(7)), 130 + 100, 1e-9);
  ExpectInverse(profile, 12);
}

TEST(RateProfileTest, NothingIsDueBetweenBursts) {
  const auto profile = RateProfile::Bursts(50, 0, Seconds(1), Seconds(9));
  EXPECT_NEAR(profile.CountAt(Seconds(1)), profile.CountAt(Seconds(10)), 1e-9);
  EXPECT_GT(profile.TimeOf(50.5)->count(), 10);
  EXPECT_LT(profile.TimeOf(49.5)->count(), 1);
}

TEST(RateProfileTest, LeadHasTheFirstRate) {
  const auto profile =
      RateProfile::Ramp(20, 100, Seconds(10)).After(Seconds(2));
  EXPECT_DOUBLE_EQ(profile.RateAt(Seconds(1)), 20);
  EXPECT_NEAR(profile.CountAt(Seconds(2)), 40, 1e-9);
  EXPECT_NEAR(profile.CountAt(Seconds(12)), 640, 1e-9);
  ExpectInverse(profile, 14);
}

TEST(RateProfileTest, LeadOfBurstsHasTheirMean) {
  const auto profile =
      RateProfile::Bursts(50, 0, Seconds(1), Seconds(4)).After(Seconds(3));
  EXPECT_DOUBLE_EQ(profile.RateAt(Seconds(1)), 10);
  EXPECT_DOUBLE_EQ(profile.RateAt(Seconds(3.5)), 50);
  EXPECT_DOUBLE_EQ(profile.RateAt(Seconds(4.5)), 0);
}

}  // namespace
}  // namespace sconce::load
