#include "client/loadtest/report/stretches.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce::load {
namespace {

using std::chrono::seconds;
using ::testing::SizeIs;

RunResult RunOf(double window, std::vector<int> due) {
  RunResult result;
  result.window_seconds = window;
  for (const int second : due) ++result.record.series.At(seconds(second)).due;
  return result;
}

TEST(StretchesTest, CoverTheWindowWhereNothingWasDue) {
  const auto stretches = StretchesOf(RunOf(5, {1}), 32);
  ASSERT_THAT(stretches, SizeIs(5));
  EXPECT_EQ(stretches[1].bin.due, 1);
  EXPECT_EQ(stretches[4].bin.due, 0);
  EXPECT_EQ(stretches[4].start_seconds, 4);
}

TEST(StretchesTest, TheLastEndsWithTheWindow) {
  const auto stretches = StretchesOf(RunOf(2.5, {0, 2}), 32);
  ASSERT_THAT(stretches, SizeIs(3));
  EXPECT_EQ(stretches[0].length_seconds, 1);
  EXPECT_EQ(stretches[2].length_seconds, 0.5);
}

TEST(StretchesTest, BinsAreAddedUpWhereThereAreTooMany) {
  const auto stretches = StretchesOf(RunOf(70, {0, 1, 2, 3, 69}), 32);
  ASSERT_THAT(stretches, SizeIs(24));
  EXPECT_EQ(stretches[0].length_seconds, 3);
  EXPECT_EQ(stretches[0].bin.due, 3);
  EXPECT_EQ(stretches[1].bin.due, 1);
  EXPECT_EQ(stretches[1].start_seconds, 3);
  EXPECT_EQ(stretches[23].length_seconds, 1);
  EXPECT_EQ(stretches[23].bin.due, 1);
}

TEST(StretchesTest, ARoundingErrorIsNoBin) {
  EXPECT_THAT(StretchesOf(RunOf(10.0001, {9}), 32), SizeIs(10));
}

TEST(StretchesTest, WhatWasDueAfterAnInterruptionIsKept) {
  const auto stretches = StretchesOf(RunOf(1.5, {4}), 32);
  ASSERT_THAT(stretches, SizeIs(5));
  EXPECT_EQ(stretches[4].bin.due, 1);
  EXPECT_EQ(stretches[4].length_seconds, 1);
}

TEST(StretchesTest, AnEmptyRunHasNone) {
  EXPECT_THAT(StretchesOf(RunResult(), 32), SizeIs(0));
}

}  // namespace
}  // namespace sconce::load
