#include "server/base/mutex.h"

#include <chrono>
#include <vector>

#include "gtest/gtest.h"

#include "server/base/thread.h"

namespace sconce {
namespace {

TEST(MutexTest, OneThreadAtATimeHoldsIt) {
  Mutex mu;
  int count = 0;
  {
    std::vector<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back("count", [&] {
        for (int n = 0; n < 5000; ++n) {
          MutexLock lock(&mu);
          ++count;
        }
      });
    }
  }
  EXPECT_EQ(count, 4 * 5000);
}

TEST(CondVarTest, WaitUntilSaysThatTheDeadlinePassed) {
  Mutex mu;
  CondVar changed;
  MutexLock lock(&mu);
  EXPECT_FALSE(changed.WaitUntil(
      &mu, std::chrono::steady_clock::now() - std::chrono::seconds(1)));
}

TEST(CondVarTest, AWaitHoldsTheMutexAgainAfterwards) {
  Mutex mu;
  CondVar changed;
  bool ready = false;
  Thread other("signal", [&] {
    MutexLock lock(&mu);
    ready = true;
    changed.Signal();
  });
  {
    MutexLock lock(&mu);
    while (!ready) changed.Wait(&mu);
    EXPECT_TRUE(ready);
  }
  other.Join();
  MutexLock lock(&mu);  // would hang if the wait had not given it back
}

TEST(CondVarTest, SignalAllWakesEveryWaiter) {
  Mutex mu;
  CondVar changed;
  int arrived = 0;
  constexpr int kThreads = 4;
  std::vector<Thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back("meet", [&] {
      MutexLock lock(&mu);
      if (++arrived == kThreads) changed.SignalAll();
      while (arrived < kThreads) changed.Wait(&mu);
    });
  }
  for (Thread& thread : threads) thread.Join();
  EXPECT_EQ(arrived, kThreads);
}

}  // namespace
}  // namespace sconce
