#include "client/loadtest/measure/run_result.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce::load {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A hundred requests, two of which were so late.
RunResult Late(nanoseconds lag, nanoseconds slo = nanoseconds(0)) {
  RunResult result;
  result.setup.mode = "open";
  result.setup.slo = slo;
  result.record.total.codes["OK"] = 100;
  for (int i = 0; i < 98; ++i) result.record.send_lag.Add(nanoseconds(50));
  for (int i = 0; i < 2; ++i) result.record.send_lag.Add(lag);
  return result;
}

TEST(VoidReasonsTest, AnOpenLoopThatWasOnTimeIsNotVoid) {
  EXPECT_THAT(VoidReasons(Late(milliseconds(1))), IsEmpty());
}

TEST(VoidReasonsTest, ALagOverAMillisecondIsVoidAndSaysWhatToDo) {
  EXPECT_THAT(
      VoidReasons(Late(microseconds(2'500))),
      ElementsAre(AllOf(HasSubstr("send lag p99 is 2.5 ms, above 1 ms"),
                        HasSubstr("fewer requests"), HasSubstr("--connections"),
                        HasSubstr("quieter machine"))));
}

TEST(VoidReasonsTest, ATightSloMakesTheLimitTighter) {
  EXPECT_THAT(VoidReasons(Late(microseconds(200), milliseconds(20))),
              IsEmpty());
  EXPECT_THAT(
      VoidReasons(Late(microseconds(300), milliseconds(20))),
      ElementsAre(HasSubstr("p99 is 0.3 ms, above 1 % of the SLO, 0.2 ms")));
}

TEST(VoidReasonsTest, AGenerousSloLeavesTheLimit) {
  EXPECT_THAT(VoidReasons(Late(milliseconds(2), std::chrono::seconds(10))),
              ElementsAre(HasSubstr("above 1 ms")));
}

TEST(VoidReasonsTest, OneInAHundredMayBeLate) {
  RunResult result = Late(nanoseconds(50));
  result.record.send_lag.Add(milliseconds(100));
  EXPECT_THAT(VoidReasons(result), IsEmpty());
}

TEST(VoidReasonsTest, RequestsThatWereNotSentAreVoid) {
  RunResult result = Late(milliseconds(1));
  result.record.total.unsent = 25;
  EXPECT_THAT(
      VoidReasons(result),
      ElementsAre(AllOf(HasSubstr("25 of 125 requests"), HasSubstr("(20 %)"),
                        HasSubstr("--max-outstanding"))));
}

TEST(VoidReasonsTest, EachReasonHasItsLine) {
  RunResult result = Late(milliseconds(3));
  result.record.total.unsent = 1;
  EXPECT_THAT(VoidReasons(result), SizeIs(2));
}

TEST(VoidReasonsTest, AClosedLoopHasNoDueTimes) {
  RunResult result = Late(milliseconds(50));
  result.setup.mode = "closed";
  EXPECT_THAT(VoidReasons(result), IsEmpty());
}

TEST(VoidReasonsTest, AnInterruptedRunIsAsGoodAsItIsLong) {
  RunResult result = Late(milliseconds(1));
  result.interrupted = true;
  EXPECT_THAT(VoidReasons(result), IsEmpty());
}

}  // namespace
}  // namespace sconce::load
