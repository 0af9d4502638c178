#include "client/loadtest/report/slo_verdict.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce::load {
namespace {

using ::testing::Optional;

RunSetup SloAt(double percentile = 99) {
  RunSetup setup;
  setup.slo = std::chrono::milliseconds(50);
  setup.slo_percentile = percentile;
  return setup;
}

Counts GoodOf(int64_t good, int64_t all) {
  Counts counts;
  counts.codes["OK"] = all;
  counts.good = good;
  return counts;
}

TEST(SloVerdictTest, WithoutAnSloThereIsNone) {
  EXPECT_EQ(SloVerdict(RunSetup(), GoodOf(100'000, 100'000)), std::nullopt);
}

TEST(SloVerdictTest, OfManyRequestsTheShareDecides) {
  EXPECT_THAT(SloVerdict(SloAt(), GoodOf(9'900, 10'000)), Optional(true));
  EXPECT_THAT(SloVerdict(SloAt(), GoodOf(9'899, 10'000)), Optional(false));
}

TEST(SloVerdictTest, OfFewItIsToldWhereChanceCannotHaveDecided) {
  EXPECT_THAT(SloVerdict(SloAt(), GoodOf(1'000, 1'000)), Optional(true));
  EXPECT_THAT(SloVerdict(SloAt(), GoodOf(980, 1'000)), Optional(false));
  EXPECT_EQ(SloVerdict(SloAt(), GoodOf(992, 1'000)), std::nullopt);
  EXPECT_EQ(SloVerdict(SloAt(), GoodOf(988, 1'000)), std::nullopt);
  EXPECT_EQ(SloVerdict(SloAt(), GoodOf(100, 100)), std::nullopt);
  EXPECT_THAT(SloVerdict(SloAt(), GoodOf(50, 100)), Optional(false));
}

TEST(SloVerdictTest, NoRequestsTellNothing) {
  EXPECT_EQ(SloVerdict(SloAt(), Counts()), std::nullopt);
}

TEST(SloVerdictTest, RejectedAndUnsentOnesHaveNotMetIt) {
  Counts counts = GoodOf(9'950, 9'950);
  EXPECT_THAT(SloVerdict(SloAt(), counts), Optional(true));
  counts.codes["RESOURCE_EXHAUSTED"] = 101;
  EXPECT_THAT(SloVerdict(SloAt(), counts), Optional(false));
  counts.codes.erase("RESOURCE_EXHAUSTED");
  counts.unsent = 101;
  EXPECT_THAT(SloVerdict(SloAt(), counts), Optional(false));
}

TEST(SloVerdictTest, CancelledOnesMakeItOpenWhereTheyCount) {
  Counts counts = GoodOf(99'500, 99'500);
  counts.codes["CANCELLED"] = 500;
  EXPECT_THAT(SloVerdict(SloAt(), counts), Optional(true));
  counts.codes["CANCELLED"] = 2'000;
  EXPECT_EQ(SloVerdict(SloAt(), counts), std::nullopt);
  counts.codes["UNKNOWN"] = 2'000;
  EXPECT_THAT(SloVerdict(SloAt(), counts), Optional(false));
}

TEST(SloVerdictTest, AllMeansAll) {
  EXPECT_THAT(SloVerdict(SloAt(100), GoodOf(10, 10)), Optional(true));
  EXPECT_THAT(SloVerdict(SloAt(100), GoodOf(9, 10)), Optional(false));
}

TEST(SloVerdictTest, OtherPercentilesCount) {
  EXPECT_THAT(SloVerdict(SloAt(50), GoodOf(500, 1'000)), Optional(true));
  EXPECT_THAT(SloVerdict(SloAt(99.9), GoodOf(99'899, 100'000)),
              Optional(false));
}

}  // namespace
}  // namespace sconce::load
