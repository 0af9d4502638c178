// When a device is given up whose work does not end.
#include "server/device/stuck_runs.h"

#include "gtest/gtest.h"

namespace sconce {
namespace {

using std::chrono::seconds;

constexpr MonoTime kBegin = MonoTime(seconds(100));

class StuckRunsTest : public ::testing::Test {
 protected:
  StuckRuns runs_{seconds(10)};
};

TEST_F(StuckRunsTest, NoneAreNeverHopeless) {
  EXPECT_FALSE(runs_.AreHopeless(kBegin));
  runs_.Add(+1, kBegin);
  runs_.Add(-1, kBegin + seconds(1));
  EXPECT_FALSE(runs_.AreHopeless(kBegin + seconds(100)));
}

TEST_F(StuckRunsTest, OneIsAfterThePatience) {
  runs_.Add(+1, kBegin);
  EXPECT_FALSE(runs_.AreHopeless(kBegin + seconds(10)));
  EXPECT_TRUE(runs_.AreHopeless(kBegin + seconds(11)));
}

TEST_F(StuckRunsTest, OthersThatGetStuckMeanwhileAreNoReasonToWaitLonger) {
  runs_.Add(+1, kBegin);
  runs_.Add(+1, kBegin + seconds(9));
  EXPECT_TRUE(runs_.AreHopeless(kBegin + seconds(11)));
}

TEST_F(StuckRunsTest, OneThatReturnsIs) {
  runs_.Add(+1, kBegin);
  runs_.Add(+1, kBegin);
  runs_.Add(-1, kBegin + seconds(9));
  EXPECT_FALSE(runs_.AreHopeless(kBegin + seconds(19)));
  EXPECT_TRUE(runs_.AreHopeless(kBegin + seconds(20)));
}

}  // namespace
}  // namespace sconce
