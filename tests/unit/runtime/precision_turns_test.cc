#include "server/runtime/precision_turns.h"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;

// The switch, and every position that it had.
struct Switch {
  std::atomic<bool> tf32 = true;
  std::vector<bool> history;

  std::function<void(bool)> Setter() {
    return [this](bool value) {
      tf32 = value;
      history.push_back(value);
    };
  }
};

// Yields until `count` calls wait; their threads are on their way into it.
void AwaitWaiting(const PrecisionTurns& turns, int64_t count) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (turns.waiting() != count) {
    ASSERT_LT(std::chrono::steady_clock::now(), limit);
    std::this_thread::yield();
  }
}

TEST(PrecisionTurnsTest, TheSwitchIsOffFromTheBegin) {
  Switch tf32;
  const PrecisionTurns turns(tf32.Setter());
  EXPECT_FALSE(tf32.tf32);
}

TEST(PrecisionTurnsTest, CallsOfOnePositionGoTogetherAndFlipNothing) {
  Switch tf32;
  PrecisionTurns turns(tf32.Setter());
  turns.Enter(false);
  std::thread([&] { turns.Enter(false); }).join();
  turns.Leave();
  turns.Leave();
  EXPECT_THAT(tf32.history, ElementsAre(false));
}

TEST(PrecisionTurnsTest, TheSwitchStaysUntilTheOtherPositionIsWanted) {
  Switch tf32;
  PrecisionTurns turns(tf32.Setter());
  turns.Enter(true);
  EXPECT_TRUE(tf32.tf32);
  turns.Leave();
  turns.Enter(true);
  turns.Leave();
  EXPECT_TRUE(tf32.tf32);
  turns.Enter(false);
  EXPECT_FALSE(tf32.tf32);
  turns.Leave();
  EXPECT_THAT(tf32.history, ElementsAre(false, true, false));
}

TEST(PrecisionTurnsTest, TheOtherPositionWaitsForTheLastToLeave) {
  Switch tf32;
  PrecisionTurns turns(tf32.Setter());
  turns.Enter(false);
  turns.Enter(false);
  auto other = std::async(std::launch::async, [&] {
    turns.Enter(true);
    const bool seen = tf32.tf32;
    turns.Leave();
    return seen;
  });
  AwaitWaiting(turns, 1);
  turns.Leave();
  EXPECT_EQ(turns.waiting(), 1);
  EXPECT_FALSE(tf32.tf32);
  turns.Leave();
  EXPECT_TRUE(other.get());
}

TEST(PrecisionTurnsTest, NobodyJoinsWhileTheOtherPositionIsWaitedFor) {
  Switch tf32;
  PrecisionTurns turns(tf32.Setter());
  std::atomic<bool> other_was_in = false;
  turns.Enter(false);
  auto other = std::async(std::launch::async, [&] {
    turns.Enter(true);
    other_was_in = true;
    turns.Leave();
  });
  AwaitWaiting(turns, 1);
  auto late = std::async(std::launch::async, [&] {
    turns.Enter(false);
    const bool second = other_was_in;
    turns.Leave();
    return second;
  });
  AwaitWaiting(turns, 2);
  turns.Leave();
  EXPECT_TRUE(late.get());
  other.get();
}

TEST(PrecisionTurnsTest, AllThatWaitGoInTogether) {
  Switch tf32;
  PrecisionTurns turns(tf32.Setter());
  turns.Enter(false);
  // Each stays until all are in.
  std::atomic<int> inside = 0;
  std::vector<std::future<bool>> others;
  for (int i = 0; i < 3; ++i) {
    others.push_back(std::async(std::launch::async, [&] {
      turns.Enter(true);
      ++inside;
      const auto limit =
          std::chrono::steady_clock::now() + std::chrono::minutes(1);
      while (inside < 3 && std::chrono::steady_clock::now() < limit) {
        std::this_thread::yield();
      }
      turns.Leave();
      return inside == 3;
    }));
  }
  AwaitWaiting(turns, 3);
  turns.Leave();
  for (auto& other : others) EXPECT_TRUE(other.get());
  EXPECT_THAT(tf32.history, ElementsAre(false, true));
}

TEST(PrecisionTurnsTest, TheSwitchIsAsWantedWhateverTheOrder) {
  constexpr int kThreads = 6;
  constexpr int kCalls = 500;
  Switch tf32;
  PrecisionTurns turns(tf32.Setter());
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, wanted = t % 2 == 1] {
      for (int i = 0; i < kCalls; ++i) {
        turns.Enter(wanted);
        if (tf32.tf32 != wanted) ++wrong;
        std::this_thread::yield();
        if (tf32.tf32 != wanted) ++wrong;
        turns.Leave();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(turns.waiting(), 0);
}

}  // namespace
}  // namespace sconce
