#include "server/batching/admission.h"

#include <chrono>

#include "gtest/gtest.h"

namespace sconce {
namespace {

using std::chrono::milliseconds;

constexpr MonoDuration kNone = MonoDuration::zero();

TEST(WorstCaseWaitTest, AFreeLaneTakesItAtOnce) {
  WorkAhead ahead;
  ahead.lanes = 2;
  ahead.running = milliseconds(30);
  EXPECT_EQ(WorstCaseWait(ahead, milliseconds(10)), kNone);
}

TEST(WorstCaseWaitTest, WhatRunsHasToEnd) {
  WorkAhead ahead;
  ahead.lane_is_free = false;
  ahead.running = milliseconds(30);
  EXPECT_EQ(WorstCaseWait(ahead, milliseconds(10)), milliseconds(30));
}

TEST(WorstCaseWaitTest, LanesShareTheWork) {
  WorkAhead ahead;
  ahead.lanes = 4;
  ahead.lane_is_free = false;
  ahead.running = milliseconds(40);
  ahead.own = milliseconds(20);
  EXPECT_EQ(WorstCaseWait(ahead, milliseconds(10)), milliseconds(15));
}

TEST(WorstCaseWaitTest, OtherQueuesGetNoMoreThanItsOwn) {
  WorkAhead ahead;
  ahead.lane_is_free = false;
  ahead.own = milliseconds(20);
  ahead.others = milliseconds(1000);
  ahead.other_weights = 1;
  EXPECT_EQ(WorstCaseWait(ahead, milliseconds(10)), milliseconds(50));
  ahead.other_weights = 3;
  EXPECT_EQ(WorstCaseWait(ahead, milliseconds(10)), milliseconds(110));
}

TEST(WorstCaseWaitTest, SharesGoByWeight) {
  WorkAhead ahead;
  ahead.lane_is_free = false;
  ahead.own = milliseconds(20);
  ahead.own_weight = 2;
  ahead.others = milliseconds(1000);
  ahead.other_weights = 4;
  EXPECT_EQ(WorstCaseWait(ahead, milliseconds(10)), milliseconds(80));
}

TEST(WorstCaseWaitTest, NorMoreThanTwiceWhatTheyHave) {
  WorkAhead ahead;
  ahead.lane_is_free = false;
  ahead.own = milliseconds(20);
  ahead.others = milliseconds(5);
  ahead.other_weights = 3;
  EXPECT_EQ(WorstCaseWait(ahead, milliseconds(10)), milliseconds(30));
}

TEST(LatenessTest, KeepsAMargin) {
  WorkAhead ahead;
  ahead.lane_is_free = false;
  ahead.running = milliseconds(90);
  EXPECT_EQ(Lateness(ahead, milliseconds(10), milliseconds(120)), kNone);
  EXPECT_EQ(Lateness(ahead, milliseconds(10), milliseconds(100)),
            milliseconds(20));
  EXPECT_LT(Lateness(ahead, milliseconds(10), milliseconds(200)), kNone);
}

}  // namespace
}  // namespace sconce
