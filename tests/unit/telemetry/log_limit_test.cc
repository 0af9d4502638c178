#include "server/telemetry/log_limit.h"

#include <optional>

#include "gtest/gtest.h"

#include "tests/support/fake_clock.h"

namespace sconce {
namespace {

TEST(LogLimitTest, TheFirstEventIsTold) {
  LogLimit limit;
  EXPECT_EQ(limit.Take(FakeClock().Now()), 0);
}

TEST(LogLimitTest, OneInAPeriodIsToldWithTheNumberOfTheOthers) {
  LogLimit limit(std::chrono::seconds(1));
  FakeClock clock;
  limit.Take(clock.Now());
  clock.Advance(std::chrono::milliseconds(999));
  EXPECT_EQ(limit.Take(clock.Now()), std::nullopt);
  EXPECT_EQ(limit.Take(clock.Now()), std::nullopt);
  clock.Advance(std::chrono::milliseconds(1));
  EXPECT_EQ(limit.Take(clock.Now()), 2);
  clock.Advance(std::chrono::seconds(1));
  EXPECT_EQ(limit.Take(clock.Now()), 0);
}

}  // namespace
}  // namespace sconce
