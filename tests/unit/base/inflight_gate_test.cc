#include "server/base/inflight_gate.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

#include "server/base/thread.h"

namespace sconce {
namespace {

MonoTime Past() { return Clock::Real()->Now() - std::chrono::seconds(1); }

TEST(InflightGateTest, CountsWhatEnteredAndDidNotLeave) {
  InflightGate gate;
  ASSERT_TRUE(gate.Enter());
  ASSERT_TRUE(gate.Enter());
  gate.Leave();
  EXPECT_EQ(gate.in_flight(), 1);
}

TEST(InflightGateTest, AClosedGateLetsNobodyIn) {
  InflightGate gate;
  gate.Close();
  EXPECT_FALSE(gate.Enter());
}

TEST(InflightGateTest, WhoWasRefusedIsNotCounted) {
  InflightGate gate;
  gate.Close();
  ASSERT_FALSE(gate.Enter());
  EXPECT_EQ(gate.in_flight(), 0);
}

TEST(InflightGateTest, ClosingTwiceIsClosing) {
  InflightGate gate;
  gate.Close();
  gate.Close();
  EXPECT_FALSE(gate.Enter());
}

TEST(InflightGateTest, ClosingLeavesWorkInFlightAlone) {
  InflightGate gate;
  ASSERT_TRUE(gate.Enter());
  gate.Close();
  EXPECT_EQ(gate.in_flight(), 1);
  gate.Leave();
  EXPECT_EQ(gate.in_flight(), 0);
}

TEST(InflightGateTest, AnEmptyGateIsIdleEvenWhenTheDeadlinePassed) {
  InflightGate gate;
  EXPECT_TRUE(gate.WaitIdle(Past()));
}

TEST(InflightGateTest, WaitingForWorkEndsAtTheDeadline) {
  InflightGate gate;
  ASSERT_TRUE(gate.Enter());
  EXPECT_FALSE(gate.WaitIdle(Past()));
  gate.Leave();
}

TEST(InflightGateTest, WaitIdleReturnsAfterTheLastOneLeft) {
  InflightGate gate;
  ASSERT_TRUE(gate.Enter());
  ASSERT_TRUE(gate.Enter());
  std::atomic<int> left = 0;
  const auto leave = [&] {
    ++left;
    gate.Leave();
  };
  Thread first("leave-1", leave);
  Thread second("leave-2", leave);
  EXPECT_TRUE(gate.WaitIdle(kNoDeadline));
  EXPECT_EQ(left, 2);
}

TEST(InflightGateTest, EveryWaiterIsWoken) {
  InflightGate gate;
  ASSERT_TRUE(gate.Enter());
  std::atomic<int> idle = 0;
  {
    std::vector<Thread> waiters;
    for (int i = 0; i < 4; ++i) {
      waiters.emplace_back("wait", [&] {
        if (gate.WaitIdle(kNoDeadline)) ++idle;
      });
    }
    gate.Leave();
  }
  EXPECT_EQ(idle, 4);
}

TEST(InflightGateTest, ManyThreadsEnterAndLeaveWithoutLosingCount) {
  InflightGate gate;
  {
    std::vector<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back("enter", [&] {
        for (int n = 0; n < 2000; ++n) {
          if (gate.Enter() && n % 2 == 0) gate.Leave();
        }
      });
    }
  }
  EXPECT_EQ(gate.in_flight(), 4 * 1000);
}

TEST(InflightGateTest, AClosedGateMayBeOpenedAgain) {
  InflightGate gate;
  ASSERT_TRUE(gate.Enter());
  gate.Close();
  gate.Open();
  gate.Open();
  EXPECT_TRUE(gate.Enter());
  EXPECT_EQ(gate.in_flight(), 2);
  gate.Close();
  EXPECT_FALSE(gate.Enter());
  gate.Leave();
  gate.Leave();
  EXPECT_EQ(gate.in_flight(), 0);
}

TEST(InflightGateTest, AnIdleGateTellsSoAtOnce) {
  InflightGate gate;
  gate.Close();
  int told = 0;
  gate.WhenIdle([&] { ++told; });
  EXPECT_EQ(told, 1);
}

TEST(InflightGateTest, WhoLeavesLastTellsOfIt) {
  InflightGate gate;
  ASSERT_TRUE(gate.Enter());
  ASSERT_TRUE(gate.Enter());
  gate.Close();
  std::thread::id told_on;
  gate.WhenIdle([&] { told_on = std::this_thread::get_id(); });
  gate.Leave();
  EXPECT_EQ(told_on, std::thread::id());
  std::thread::id last;
  Thread leaver("leave", [&] {
    last = std::this_thread::get_id();
    gate.Leave();
  });
  leaver.Join();
  EXPECT_EQ(told_on, last);
}

TEST(InflightGateTest, IdlenessIsToldOnceThoughOthersKnockMeanwhile) {
  for (int round = 0; round < 100; ++round) {
    InflightGate gate;
    ASSERT_TRUE(gate.Enter());
    std::atomic<int> told = 0;
    {
      Thread knocker("knock", [&] {
        for (int i = 0; i < 50; ++i) {
          if (gate.Enter()) gate.Leave();
        }
      });
      Thread leaver("leave", [&] { gate.Leave(); });
      gate.Close();
      gate.WhenIdle([&] { ++told; });
    }
    EXPECT_EQ(told, 1);
  }
}

// The gate and what it guards end on the thread that is told.
TEST(InflightGateTest, WhoIsToldMayEndTheGate) {
  for (int round = 0; round < 100; ++round) {
    auto gate = std::make_shared<InflightGate>();
    InflightGate* const borrowed = gate.get();
    ASSERT_TRUE(gate->Enter());
    Thread leaver("leave", [&] { borrowed->Leave(); });
    gate->Close();
    gate->WhenIdle([kept = gate]() mutable { kept.reset(); });
    const std::weak_ptr<InflightGate> ended = gate;
    gate.reset();
    leaver.Join();
    EXPECT_TRUE(ended.expired());
  }
}

}  // namespace
}  // namespace sconce
