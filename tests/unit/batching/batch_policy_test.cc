#include "server/batching/batch_policy.h"

#include <chrono>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

// Milliseconds after an arbitrary instant.
MonoTime At(int ms) {
  return MonoTime(std::chrono::hours(1) + milliseconds(ms));
}

constexpr int kNever = -1;

WaitingRequest Rows(int64_t rows, int deadline = kNever, int enqueued = 0) {
  return {rows, At(enqueued), deadline == kNever ? kNoDeadline : At(deadline)};
}

// l(b) = 10 ms + b ms for each b up to 16.
LatencyModel Affine() {
  LatencyModel latencies;
  for (int b = 1; b <= 16; ++b) latencies.Add(b, milliseconds(10 + b));
  return latencies;
}

struct Row {
  const char* what;
  std::vector<WaitingRequest> waiting;
  int64_t max_rows;
  std::vector<size_t> taken;
};

class ChooseBatchTest : public testing::TestWithParam<Row> {};

TEST_P(ChooseBatchTest, At0WithoutDelay) {
  const Row& row = GetParam();
  const BatchChoice choice =
      ChooseBatch(row.waiting, {.max_rows = row.max_rows}, Affine(), At(0));
  EXPECT_THAT(choice.taken, ElementsAreArray(row.taken));
  EXPECT_EQ(choice.look_again, kNoDeadline);
}

// With max_rows 4 a full batch takes 14 ms.
INSTANTIATE_TEST_SUITE_P(
    Filled, ChooseBatchTest,
    testing::Values(
        Row{"NothingOfNothing", {}, 4, {}},
        Row{"AllThatIsThere", {Rows(1), Rows(2)}, 4, {0, 1}},
        Row{"AsManyAsFit", {Rows(3), Rows(1), Rows(1)}, 4, {0, 1}},
        Row{"NotTheNextThatDoesNotFit", {Rows(3), Rows(2), Rows(1)}, 4, {0}},
        Row{"TheFirstWhateverItsRows", {Rows(9), Rows(1)}, 4, {0}},
        Row{"OneIfUnmerged", {Rows(1), Rows(1)}, 0, {0}},
        Row{"NoRowsFit", {Rows(4), Rows(0), Rows(1)}, 4, {0, 1}},
        Row{"OneThatMayNotShareRunsAlone",
            {{1, At(0), kNoDeadline, false}, Rows(1)},
            4,
            {0}},
        Row{"AndJoinsNoBatch",
            {Rows(1), {1, At(0), kNoDeadline, false}, Rows(1)},
            4,
            {0}}),
    [](const auto& param_info) { return param_info.param.what; });

INSTANTIATE_TEST_SUITE_P(
    Deadlines, ChooseBatchTest,
    testing::Values(
        Row{"AFullBatchInTime", {Rows(2, 14), Rows(2, 14)}, 4, {0, 1}},
        Row{"SmallerSoThatItIsInTime",
            {Rows(1, 12), Rows(1, 99), Rows(1, 99)},
            4,
            {0, 1}},
        Row{"OthersInThePlaceOfTheLate",
            {Rows(1, 12), Rows(1, 99), Rows(1, 99), Rows(1, 99), Rows(1, 99)},
            4,
            {1, 2, 3, 4}},
        Row{"SmallerWhereOthersAreTooFew",
            {Rows(1, 12), Rows(1, 99), Rows(1, 99), Rows(1, 99)},
            4,
            {0, 1}},
        Row{"AllIfItIsTooLateForAnySize",
            {Rows(1, 10), Rows(1, 10)},
            4,
            {0, 1}},
        Row{"TheTightestCounts",
            {Rows(1, 99), Rows(1, 12), Rows(1, 99)},
            4,
            {0, 1}}),
    [](const auto& param_info) { return param_info.param.what; });

TEST(UnmeasuredTest, WithoutAMeasurementDeadlinesChangeNothing) {
  const WaitingRequest waiting[] = {Rows(1, 1), Rows(1, 1)};
  EXPECT_THAT(
      ChooseBatch(waiting, {.max_rows = 4}, LatencyModel(), At(0)).taken,
      ElementsAre(0, 1));
}

class DelayTest : public testing::Test {
 protected:
  BatchChoice Choose(const std::vector<WaitingRequest>& waiting, int now) {
    return ChooseBatch(waiting, rules_, Affine(), At(now));
  }

  BatchRules rules_ = {.max_rows = 8, .max_delay = milliseconds(50)};
};

TEST_F(DelayTest, FewRequestsWaitForOthers) {
  const BatchChoice choice =
      Choose({Rows(1, kNever, 5), Rows(1, kNever, 9)}, 9);
  EXPECT_THAT(choice.taken, IsEmpty());
  EXPECT_EQ(choice.look_again, At(55));
}

TEST_F(DelayTest, ButNotForever) {
  EXPECT_THAT(Choose({Rows(1, kNever, 5), Rows(1, kNever, 9)}, 55).taken,
              ElementsAre(0, 1));
}

TEST_F(DelayTest, AFullBatchDoesNotWait) {
  EXPECT_THAT(Choose({Rows(5), Rows(3)}, 0).taken, ElementsAre(0, 1));
  EXPECT_THAT(Choose({Rows(5), Rows(4)}, 0).taken, ElementsAre(0));
}

TEST_F(DelayTest, NorDoesAPreferredSize) {
  rules_.preferred_rows = {2, 4};
  EXPECT_THAT(Choose({Rows(1)}, 0).taken, IsEmpty());
  EXPECT_THAT(Choose({Rows(1), Rows(1)}, 0).taken, ElementsAre(0, 1));
  EXPECT_THAT(Choose({Rows(1), Rows(1), Rows(1)}, 0).taken, ElementsAre(0, 1));
  EXPECT_THAT(Choose({Rows(2), Rows(2), Rows(1)}, 0).taken, ElementsAre(0, 1));
}

TEST_F(DelayTest, AfterTheDelayAnySizeWillDo) {
  rules_.preferred_rows = {2, 4};
  EXPECT_THAT(Choose({Rows(1), Rows(1), Rows(1)}, 50).taken,
              ElementsAre(0, 1, 2));
}

TEST_F(DelayTest, DeadlinesEndTheWait) {
  const BatchChoice choice = Choose({Rows(1, 30)}, 0);
  EXPECT_THAT(choice.taken, IsEmpty());
  // A full batch takes 18 ms, and the answer has a way to go.
  EXPECT_EQ(choice.look_again, At(30 - 18 - 5));
  EXPECT_THAT(Choose({Rows(1, 30)}, 7).taken, ElementsAre(0));
}

TEST_F(DelayTest, ALateDeadlineLeavesMoreForTheWayBack) {
  rules_.max_delay = std::chrono::hours(1);
  // A twentieth, 100 ms at most.
  EXPECT_EQ(Choose({Rows(1, 1000)}, 0).look_again, At(1000 - 18 - 50));
  EXPECT_EQ(Choose({Rows(1, 9000)}, 0).look_again, At(9000 - 18 - 100));
}

TEST_F(DelayTest, WhatNeverRanStartsBeforeItsDeadlineToo) {
  const WaitingRequest waiting[] = {Rows(1, 30)};
  const BatchChoice choice = ChooseBatch(waiting, rules_, {}, At(0));
  EXPECT_EQ(choice.look_again, At(30 - 5));
}

TEST(RowLimitTest, IsTheMaximumWithoutAnSlo) {
  EXPECT_EQ(RowLimit({.max_rows = 12}, Affine()), 12);
  EXPECT_EQ(RowLimit({.max_rows = 0}, Affine()), 0);
}

TEST(RowLimitTest, IsWhatIsWorthwhileUnlessADelayIsAskedFor) {
  LatencyModel latencies;
  for (int i = 0; i < 20; ++i) {
    for (int b : {1, 2, 8}) latencies.Add(b, milliseconds(b * b));
  }
  EXPECT_EQ(RowLimit({.max_rows = 8}, latencies), 1);
  EXPECT_EQ(RowLimit({.max_rows = 8, .max_delay = milliseconds(1)}, latencies),
            8);
}

TEST(RowLimitTest, ABatchTakesHalfTheSloAtMost) {
  EXPECT_EQ(RowLimit({.max_rows = 16, .slo = milliseconds(32)}, Affine()), 6);
  EXPECT_EQ(RowLimit({.max_rows = 16, .slo = milliseconds(33)}, Affine()), 6);
  EXPECT_EQ(RowLimit({.max_rows = 16, .slo = milliseconds(34)}, Affine()), 7);
  EXPECT_EQ(RowLimit({.max_rows = 16, .slo = milliseconds(99)}, Affine()), 16);
}

TEST(RowLimitTest, IsNeverLessThanOne) {
  EXPECT_EQ(RowLimit({.max_rows = 16, .slo = milliseconds(1)}, Affine()), 1);
}

TEST(RowLimitTest, AppliesToTheBatch) {
  const std::vector<WaitingRequest> waiting(16, Rows(1));
  const BatchRules rules = {.max_rows = 16, .slo = milliseconds(32)};
  EXPECT_EQ(ChooseBatch(waiting, rules, Affine(), At(0)).taken.size(), 6u);
}

TEST(IsHopelessTest, WhenEvenTheFastestRunIsTooLate) {
  LatencyModel latencies;
  latencies.Add(1, milliseconds(10));
  latencies.Add(1, milliseconds(20));
  EXPECT_FALSE(IsHopeless(Rows(1, 10), latencies, At(0)));
  EXPECT_TRUE(IsHopeless(Rows(1, 9), latencies, At(0)));
  EXPECT_FALSE(IsHopeless(Rows(1), latencies, At(0)));
  EXPECT_FALSE(IsHopeless(Rows(1, 9), LatencyModel(), At(0)));
}

TEST(GoesBeforeTest, PriorityThenOrder) {
  EXPECT_TRUE(GoesBefore({1, 9}, {2, 3}));
  EXPECT_FALSE(GoesBefore({2, 3}, {1, 9}));
  EXPECT_TRUE(GoesBefore({1, 3}, {1, 9}));
  EXPECT_FALSE(GoesBefore({1, 3}, {1, 3}));
}

}  // namespace
}  // namespace sconce
