#include "server/base/clock.h"

#include "gtest/gtest.h"

namespace sconce {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(ClockTest, DurationsConvertToNanoseconds) {
  EXPECT_EQ(ToNanoseconds(microseconds(1500)), 1'500'000);
}

TEST(ClockTest, DurationsConvertToFractionsOfSeconds) {
  EXPECT_DOUBLE_EQ(ToSeconds(milliseconds(2500)), 2.5);
}

TEST(ClockTest, TheRealClockNeverGoesBack) {
  const MonoTime first = Clock::Real()->Now();
  EXPECT_LE(first, Clock::Real()->Now());
}

TEST(ClockTest, TheRealClockIsTheMachinesMonotonicOne) {
  const MonoTime before = std::chrono::steady_clock::now();
  const MonoTime now = Clock::Real()->Now();
  const MonoTime after = std::chrono::steady_clock::now();
  EXPECT_LE(before, now);
  EXPECT_LE(now, after);
}

TEST(ClockTest, NoDeadlineLiesBehindEveryTime) {
  EXPECT_GT(kNoDeadline, Clock::Real()->Now() + hours(24 * 365 * 100));
}

}  // namespace
}  // namespace sconce
