#include "server/batching/fair_turns.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace sconce {
namespace {

using std::chrono::milliseconds;

class FairTurnsTest : public testing::Test {
 protected:
  void Push(char who, int ms, Urgency urgency = Urgency::kNormal) {
    auto& share = shares_[who];
    if (share == nullptr) share = std::make_shared<FairShare>();
    turns_.Push(who, {share, milliseconds(ms), urgency});
  }
  // Takes that many turns; each client asks for another one at once, as one
  // does whose queue never gets empty.
  std::string TakeOfSaturated(int count, const std::map<char, int>& costs) {
    std::string order;
    for (int i = 0; i < count; ++i) {
      const char who = turns_.Pop().client;
      order += who;
      Push(who, costs.at(who));
    }
    return order;
  }
  std::string TakeAll() {
    std::string order;
    while (!turns_.empty()) order += turns_.Pop().client;
    return order;
  }

  FairTurns<char> turns_;
  std::map<char, std::shared_ptr<FairShare>> shares_;
};

TEST_F(FairTurnsTest, FirstComeFirstServedAmongEquals) {
  for (char who : {'c', 'a', 'b'}) Push(who, 5);
  EXPECT_EQ(TakeAll(), "cab");
}

TEST_F(FairTurnsTest, EqualCostsTakeTurns) {
  Push('a', 5);
  Push('b', 5);
  EXPECT_EQ(TakeOfSaturated(6, {{'a', 5}, {'b', 5}}), "ababab");
}

TEST_F(FairTurnsTest, SharesGoByWeight) {
  shares_['h'] = std::make_shared<FairShare>(3);
  Push('h', 6);
  Push('l', 6);
  const std::string order = TakeOfSaturated(40, {{'h', 6}, {'l', 6}});
  EXPECT_EQ(std::count(order.begin(), order.end(), 'h'), 30);
}

TEST_F(FairTurnsTest, SharesAreOfTimeNotOfTurns) {
  Push('L', 30);
  Push('s', 10);
  const std::string order = TakeOfSaturated(40, {{'L', 30}, {'s', 10}});
  EXPECT_EQ(std::count(order.begin(), order.end(), 'L'), 10);
}

TEST_F(FairTurnsTest, WhoComesLateGetsNoCreditForItsAbsence) {
  Push('a', 10);
  TakeOfSaturated(100, {{'a', 10}});
  Push('b', 10);
  const std::string order = TakeOfSaturated(20, {{'a', 10}, {'b', 10}});
  EXPECT_EQ(std::count(order.begin(), order.end(), 'b'), 10);
}

TEST_F(FairTurnsTest, WhoAsksRarelyWaitsForOneTurnAtMost) {
  Push('h', 50);
  for (int round = 0; round < 20; ++round) {
    TakeOfSaturated(3, {{'h', 50}});
    Push('t', 1);
    EXPECT_EQ(turns_.Pop().client, 't');
  }
}

TEST_F(FairTurnsTest, SeveralTurnsOfOneShareCountTogether) {
  for (int i = 0; i < 4; ++i) Push('a', 10);
  for (int i = 0; i < 2; ++i) Push('b', 10);
  EXPECT_EQ(TakeAll(), "ababaa");
}

TEST_F(FairTurnsTest, WhatATurnReallyTookCounts) {
  Push('a', 0);  // not known yet
  Push('b', 0);
  const auto first = turns_.Pop();
  ASSERT_EQ(first.client, 'a');
  turns_.Correct(first.turn, milliseconds(100));
  ASSERT_EQ(turns_.Pop().client, 'b');
  Push('a', 0);
  Push('b', 0);
  EXPECT_EQ(TakeAll(), "ba");
}

TEST_F(FairTurnsTest, UrgentTurnsOvertake) {
  for (int i = 0; i < 3; ++i) Push('n', 20);
  Push('l', 20, Urgency::kLow);
  Push('h', 20, Urgency::kHigh);
  EXPECT_EQ(TakeAll(), "hnnnl");
}

TEST_F(FairTurnsTest, UrgencyStarvesNobody) {
  Push('l', 10, Urgency::kLow);
  Push('n', 10);
  std::string order;
  while (order.empty() || order.back() != 'l') {
    ASSERT_LT(order.size(), 20u);
    order += turns_.Pop().client;
    if (order.back() == 'n') Push('n', 10);
  }
}

TEST_F(FairTurnsTest, NorDoesItGiveMoreThanAShare) {
  Push('n', 10);
  Push('h', 10, Urgency::kHigh);
  int urgent = 0;
  for (int i = 0; i < 200; ++i) {
    const char who = turns_.Pop().client;
    Push(who, 10, who == 'h' ? Urgency::kHigh : Urgency::kNormal);
    urgent += who == 'h' ? 1 : 0;
  }
  EXPECT_LE(urgent, 100 + 10);
}

}  // namespace
}  // namespace sconce
