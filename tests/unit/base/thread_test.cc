#include "server/base/thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace sconce {
namespace {

std::string CurrentName() {
  std::array<char, 16> seen = {};
  pthread_getname_np(pthread_self(), seen.data(), seen.size());
  return seen.data();
}

// The name that the kernel shows for a thread made with `name`, as soon as it
// runs.
std::string KernelName(const std::string& name) {
  std::string seen;
  Thread(name, [&] { seen = CurrentName(); }).Join();
  return seen;
}

cpu_set_t CurrentMask() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  sched_getaffinity(0, sizeof(mask), &mask);
  return mask;
}

// The processors that a thread pinned to `cpu` may run on.
cpu_set_t MaskWhenPinnedTo(int cpu) {
  cpu_set_t mask;
  Thread thread("pinned", [&] {
    Thread::PinCurrentTo(cpu);
    mask = CurrentMask();
  });
  thread.Join();
  return mask;
}

TEST(ThreadTest, TheDestructorWaitsForTheEnd) {
  std::atomic<bool> ran = false;
  {
    Thread thread("run", [&] { ran = true; });
  }
  EXPECT_TRUE(ran);
}

TEST(ThreadTest, RunsOnAThreadOfItsOwn) {
  std::thread::id seen;
  {
    Thread thread("run", [&] { seen = std::this_thread::get_id(); });
  }
  EXPECT_NE(seen, std::thread::id());
  EXPECT_NE(seen, std::this_thread::get_id());
}

TEST(ThreadTest, JoiningTwiceIsJoining) {
  std::atomic<int> runs = 0;
  Thread thread("run", [&] { ++runs; });
  thread.Join();
  thread.Join();
  EXPECT_EQ(runs, 1);
}

TEST(ThreadTest, AMovedThreadIsJoinedOnce) {
  std::atomic<int> runs = 0;
  {
    Thread thread("run", [&] { ++runs; });
    const Thread moved(std::move(thread));
  }
  EXPECT_EQ(runs, 1);
}

TEST(ThreadTest, TheKernelShowsItsName) {
  EXPECT_EQ(KernelName("lane-3"), "lane-3");
}

TEST(ThreadTest, ThreadsThatItStartsAtOnceTakeOverItsName) {
  for (int i = 0; i < 100; ++i) {
    std::string inherited;
    Thread("pool", [&] {
      std::thread([&] { inherited = CurrentName(); }).join();
    }).Join();
    ASSERT_EQ(inherited, "pool");
  }
}

TEST(ThreadTest, ALongNameIsCutTo15Bytes) {
  EXPECT_EQ(KernelName("a-name-of-more-than-15-bytes"), "a-name-of-more-");
}

TEST(ThreadTest, APinnedThreadHasOneOfTheProcessorsOfTheProcess) {
  const cpu_set_t usable = CurrentMask();
  const cpu_set_t pinned = MaskWhenPinnedTo(0);
  cpu_set_t both;
  CPU_AND(&both, &usable, &pinned);
  EXPECT_EQ(CPU_COUNT(&pinned), 1);
  EXPECT_EQ(CPU_COUNT(&both), 1);
}

TEST(ThreadTest, ThreadsPinnedToNeighboursShareNoProcessor) {
  const cpu_set_t usable = CurrentMask();
  if (CPU_COUNT(&usable) < 2) GTEST_SKIP() << "one processor only";
  const cpu_set_t first = MaskWhenPinnedTo(0);
  const cpu_set_t second = MaskWhenPinnedTo(1);
  EXPECT_FALSE(CPU_EQUAL(&first, &second));
}

TEST(ThreadTest, ProcessorsAreCountedRound) {
  const cpu_set_t usable = CurrentMask();
  const cpu_set_t first = MaskWhenPinnedTo(0);
  const cpu_set_t round = MaskWhenPinnedTo(CPU_COUNT(&usable));
  EXPECT_TRUE(CPU_EQUAL(&first, &round));
}

TEST(ThreadTest, PinningLeavesOtherThreadsAlone) {
  const cpu_set_t before = CurrentMask();
  MaskWhenPinnedTo(0);
  const cpu_set_t after = CurrentMask();
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

int CurrentNice() {
  return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
}

TEST(ThreadTest, LowPriorityIsThatOfTheThreadAndOfThoseItStarts) {
  int lowered = 0;
  int inherited = 0;
  int lowered_twice = 0;
  Thread("low", [&] {
    Thread::LowerCurrentPriority();
    lowered = CurrentNice();
    Thread("of low", [&] { inherited = CurrentNice(); }).Join();
    Thread::LowerCurrentPriority();
    lowered_twice = CurrentNice();
  }).Join();
  EXPECT_GT(lowered, CurrentNice());
  EXPECT_EQ(inherited, lowered);
  EXPECT_EQ(lowered_twice, lowered);
}

}  // namespace
}  // namespace sconce
