#include "server/batching/latency_model.h"

#include <chrono>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(LatencyModelTest, KnowsNothingBeforeTheFirstRun) {
  LatencyModel latencies;
  EXPECT_FALSE(latencies.Of(1));
  EXPECT_THAT(latencies.Get(), IsEmpty());
}

TEST(LatencyModelTest, TellsBetweenWhichTimesRunsLie) {
  LatencyModel latencies;
  for (int ms : {12, 10, 15, 11}) latencies.Add(4, milliseconds(ms));
  EXPECT_EQ(latencies.Of(4)->least, milliseconds(10));
  EXPECT_EQ(latencies.Of(4)->typical, milliseconds(12));
  EXPECT_EQ(latencies.Of(4)->most, milliseconds(15));
}

TEST(LatencyModelTest, OneSlowRunOfManyIsLeftOut) {
  LatencyModel latencies;
  for (int i = 0; i < 31; ++i) latencies.Add(1, milliseconds(10 + i % 3));
  latencies.Add(1, milliseconds(500));
  EXPECT_EQ(latencies.Of(1)->most, milliseconds(12));
  EXPECT_LT(latencies.Of(1)->typical, milliseconds(12));
  latencies.Add(1, milliseconds(400));
  EXPECT_EQ(latencies.Of(1)->most, milliseconds(400));
}

TEST(LatencyModelTest, ForgetsWhatIsLongAgo) {
  LatencyModel latencies;
  latencies.Add(1, milliseconds(1));
  for (int i = 0; i < 32; ++i) latencies.Add(1, milliseconds(9));
  EXPECT_EQ(latencies.Of(1)->least, milliseconds(9));
}

TEST(LatencyModelTest, SizesAreNotMixed) {
  LatencyModel latencies;
  latencies.Add(15, milliseconds(15));
  latencies.Add(16, milliseconds(16));
  EXPECT_EQ(latencies.Of(15)->most, milliseconds(15));
  EXPECT_EQ(latencies.Of(16)->most, milliseconds(16));
}

TEST(LatencyModelTest, LargeSizesShareClassesOfAnEighthOfAnOctave) {
  LatencyModel latencies;
  latencies.Add(66, milliseconds(1));
  latencies.Add(72, milliseconds(2));
  latencies.Add(73, milliseconds(3));
  EXPECT_THAT(latencies.Get(), ElementsAre(Pair(72, milliseconds(2)),
                                           Pair(80, milliseconds(3))));
}

TEST(LatencyModelTest, ASizeThatNeverRanTakesAtMostWhatTheNextOneTakes) {
  LatencyModel latencies;
  latencies.Add(8, milliseconds(20));
  EXPECT_EQ(latencies.Of(3)->most, milliseconds(20));
  EXPECT_EQ(latencies.Of(3)->least, milliseconds(0));
}

TEST(LatencyModelTest, OrWhatItsShareOfTheOnlyOneBeforeIs) {
  LatencyModel latencies;
  latencies.Add(2, milliseconds(10));
  EXPECT_EQ(latencies.Of(6)->most, milliseconds(30));
  EXPECT_EQ(latencies.Of(6)->typical, milliseconds(30));
  EXPECT_EQ(latencies.Of(6)->least, milliseconds(10));
}

TEST(LatencyModelTest, OrLiesOnALineThroughThoseThatRan) {
  LatencyModel latencies;
  latencies.Add(2, milliseconds(30));
  latencies.Add(6, milliseconds(50));
  latencies.Add(16, milliseconds(60));
  EXPECT_EQ(latencies.Of(5)->most, milliseconds(45));
  EXPECT_EQ(latencies.Of(8)->typical, milliseconds(52));
  EXPECT_EQ(latencies.Of(8)->least, milliseconds(50));
  // From the smallest to the largest and on.
  EXPECT_NEAR(ToSeconds(latencies.Of(30)->most), 0.090, 1e-6);
}

TEST(LatencyModelTest, ButNotBelowASmallerOneNorAboveItsShare) {
  LatencyModel latencies;
  latencies.Add(1, milliseconds(20));
  latencies.Add(2, milliseconds(10));
  latencies.Add(8, milliseconds(800));
  EXPECT_EQ(latencies.Of(3)->most, milliseconds(20));
  latencies = LatencyModel();
  latencies.Add(1, milliseconds(20));
  latencies.Add(4, milliseconds(10));
  EXPECT_EQ(latencies.Of(16)->most, milliseconds(10));
}

TEST(LatencyModelTest, AWarmUpIsWorthItsFastestRuns) {
  LatencyModel latencies;
  for (int ms : {900, 30, 20}) latencies.Add(1, milliseconds(ms));
  latencies.Add(8, milliseconds(100));
  latencies.ForgetWarmUp();
  EXPECT_EQ(latencies.Of(1)->most, milliseconds(20));
  EXPECT_EQ(latencies.Of(8)->most, milliseconds(100));
}

TEST(WorthwhileRowsTest, AsManyAsCanBeBeforeAnythingIsKnown) {
  LatencyModel latencies;
  EXPECT_EQ(latencies.WorthwhileRows(32), 32);
  latencies.Add(1, milliseconds(1));
  EXPECT_EQ(latencies.WorthwhileRows(32), 32);
}

// Of a size that ran often.
void AddOften(LatencyModel* latencies, int64_t rows, MonoDuration took) {
  for (int i = 0; i < 16; ++i) latencies->Add(rows, took);
}

TEST(WorthwhileRowsTest, OneRowWhereMoreTakeLongerForEach) {
  LatencyModel latencies;
  latencies.Add(1, milliseconds(10));
  latencies.Add(4, milliseconds(60));
  AddOften(&latencies, 8, milliseconds(8 * 12));
  EXPECT_EQ(latencies.WorthwhileRows(32), 1);
}

TEST(WorthwhileRowsTest, AllWhereMoreTakeAsLongForEach) {
  LatencyModel latencies;
  for (int b : {1, 2, 8}) AddOften(&latencies, b, milliseconds(b));
  EXPECT_EQ(latencies.WorthwhileRows(32), 32);
}

TEST(WorthwhileRowsTest, AFewSlowRunsOfTheLargestSayNothing) {
  LatencyModel latencies;
  AddOften(&latencies, 1, milliseconds(1));
  for (int i = 0; i < 15; ++i) latencies.Add(8, milliseconds(16));
  EXPECT_EQ(latencies.WorthwhileRows(32), 32);
  latencies.Add(8, milliseconds(16));
  EXPECT_EQ(latencies.WorthwhileRows(32), 1);
}

TEST(WorthwhileRowsTest, AllWhereTheLargestSizeIsTheBest) {
  LatencyModel latencies;
  for (int b : {1, 2, 8}) latencies.Add(b, milliseconds(10 + b));
  EXPECT_EQ(latencies.WorthwhileRows(32), 32);
  EXPECT_EQ(latencies.WorthwhileRows(8), 8);
}

TEST(WorthwhileRowsTest, TheFewestThatAreNearlyAsGoodAsAnySize) {
  LatencyModel latencies;
  for (int b = 1; b <= 8; ++b) {
    latencies.Add(b, milliseconds(b < 4 ? 40 : 10 * b));
  }
  AddOften(&latencies, 16, milliseconds(16 * 12));
  EXPECT_EQ(latencies.WorthwhileRows(32), 4);
}

TEST(WorthwhileRowsTest, TheShortestRunsAreMergedForTheirOverhead) {
  LatencyModel latencies;
  for (int b : {1, 2, 8}) latencies.Add(b, std::chrono::microseconds(b));
  EXPECT_EQ(latencies.WorthwhileRows(32), 32);
}

TEST(WorthwhileRowsTest, NowAndThenMoreAreTried) {
  LatencyModel latencies;
  for (int i = 0; i < 32; ++i) {
    for (int b : {1, 8}) latencies.Add(b, milliseconds(b * b));
  }
  EXPECT_EQ(latencies.WorthwhileRows(32), 2);
  EXPECT_EQ(latencies.WorthwhileRows(1), 1);
  latencies.Add(2, milliseconds(4));
  EXPECT_EQ(latencies.WorthwhileRows(32), 1);
}

}  // namespace
}  // namespace sconce
