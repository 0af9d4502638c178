#include "client/loadtest/arrivals/profiled_arrivals.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace sconce::load {
namespace {

using Seconds = RateProfile::Seconds;

std::vector<double> TimesBefore(ProfiledArrivals arrivals, double end) {
  std::vector<double> times;
  while (const auto arrival = arrivals.Next()) {
    const double time = Seconds(arrival->due).count();
    if (time >= end) break;
    times.push_back(time);
  }
  return times;
}

TEST(ProfiledArrivalsTest, ConstantSpacingIsEven) {
  const auto times =
      TimesBefore({RateProfile::Constant(100), Spacing::kConstant, 1}, 10);
  ASSERT_EQ(times.size(), 1000u);
  for (size_t i = 1; i < times.size(); ++i) {
    EXPECT_NEAR(times[i] - times[i - 1], 0.01, 1e-8);
  }
}

TEST(ProfiledArrivalsTest, CountDoesNotHangOnRounding) {
  for (const double rate : {3.0, 7.0, 1000.0 / 3, 9999.0}) {
    const auto profile = RateProfile::Constant(rate).After(Seconds(1));
    const auto all =
        TimesBefore({profile, Spacing::kConstant, 1}, 1 + 1000 / rate);
    const auto warmup = TimesBefore({profile, Spacing::kConstant, 1}, 1);
    EXPECT_NEAR(static_cast<double>(all.size() - warmup.size()), 1000, 0.5)
        << rate;
  }
}

TEST(ProfiledArrivalsTest, PoissonGapsHaveMeanAndSpreadOfTheRate) {
  const auto times =
      TimesBefore({RateProfile::Constant(1000), Spacing::kPoisson, 7}, 100);
  const auto count = static_cast<double>(times.size());
  EXPECT_NEAR(count, 100000, 4 * std::sqrt(100000));
  double squares = 0;
  for (size_t i = 1; i < times.size(); ++i) {
    const double gap = times[i] - times[i - 1];
    EXPECT_GE(gap, 0);
    squares += (gap - 0.001) * (gap - 0.001);
  }
  // The deviation of exponential gaps is their mean.
  EXPECT_NEAR(std::sqrt(squares / count), 0.001, 0.00003);
}

TEST(ProfiledArrivalsTest, PoissonFollowsTheRamp) {
  const auto times = TimesBefore(
      {RateProfile::Ramp(0, 1000, Seconds(10)), Spacing::kPoisson, 3}, 10);
  const auto half = std::lower_bound(times.begin(), times.end(), 5.0);
  const auto first = static_cast<double>(half - times.begin());
  EXPECT_NEAR(static_cast<double>(times.size()), 5000, 300);
  EXPECT_NEAR(first, 1250, 150);
}

TEST(ProfiledArrivalsTest, NoneFallsBetweenBursts) {
  const auto times =
      TimesBefore({RateProfile::Bursts(200, 0, Seconds(1), Seconds(4)),
                   Spacing::kPoisson, 5},
                  20);
  EXPECT_NEAR(static_cast<double>(times.size()), 800, 120);
  for (const double time : times) EXPECT_LE(std::fmod(time, 5), 1);
}

TEST(ProfiledArrivalsTest, SameSeedGivesSameTimes) {
  const auto profile = RateProfile::Constant(50);
  const auto one = TimesBefore({profile, Spacing::kPoisson, 1}, 10);
  EXPECT_EQ(one, TimesBefore({profile, Spacing::kPoisson, 1}, 10));
  EXPECT_NE(one, TimesBefore({profile, Spacing::kPoisson, 2}, 10));
}

TEST(ProfiledArrivalsTest, EndsWhenTheRateIsZeroForEver) {
  ProfiledArrivals arrivals(RateProfile::Ramp(10, 0, Seconds(10)),
                            Spacing::kConstant, 1);
  int count = 0;
  while (arrivals.Next()) ++count;
  EXPECT_EQ(count, 50);
}

}  // namespace
}  // namespace sconce::load
