#include "client/loadtest/sending/progress_line.h"

#include "gtest/gtest.h"

namespace sconce::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ProgressLineTest, TellsWhatHappenedInTheLastSecond) {
  const LiveSnapshot before = {.due = 100, .ok = 90};
  const LiveSnapshot now = {
      .due = 200, .ok = 180, .slowest = std::chrono::microseconds(12340)};
  EXPECT_EQ(ProgressText(before, now, seconds(2), seconds(11)),
            "2 s of 11 s, 200 due, 90/s answered, 20 under way, slowest 12.3 "
            "ms");
}

TEST(ProgressLineTest, TellsWhatWentWrong) {
  const LiveSnapshot now = {.due = 10, .unsent = 3, .failed = 2};
  EXPECT_EQ(ProgressText({}, now, seconds(1), seconds(5)),
            "1 s of 5 s, 10 due, 2/s answered, 5 under way, slowest 0.0 ms, 2 "
            "not OK, 3 NOT SENT");
}

}  // namespace
}  // namespace sconce::load
