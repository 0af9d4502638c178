#include "server/core/resource_tracker.h"

#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce {
namespace {

using Answer = ResourceTracker::Answer;
using ::testing::HasSubstr;

constexpr int64_t kMiB = 1 << 20;

TEST(ResourceTrackerTest, ALoadThatFitsIsReserved) {
  ResourceTracker tracker(100);
  EXPECT_EQ(tracker.Reserve(1, {100, 60}), Answer::kReserved);
  EXPECT_EQ(tracker.reserved(), 100);
}

TEST(ResourceTrackerTest, WithoutALimitEverythingFits) {
  ResourceTracker tracker(0);
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  for (int64_t holder = 0; holder < 100; ++holder) {
    EXPECT_EQ(tracker.Reserve(holder, {kMost, kMost}), Answer::kReserved);
    EXPECT_GT(tracker.reserved(), 0);
  }
}

TEST(ResourceTrackerTest, AClaimOfAnySizeIsRefused) {
  ResourceTracker tracker(100);
  ASSERT_EQ(tracker.Reserve(1, {60, 60}), Answer::kReserved);
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(tracker.Reserve(2, {kMost, kMost}), Answer::kRefused);
  EXPECT_THAT(std::string(tracker.Refusal({kMost, kMost}).message()),
              HasSubstr("8796093022208 MiB"));
}

TEST(ResourceTrackerTest, OneByteTooManyIsRefused) {
  ResourceTracker tracker(100);
  ASSERT_EQ(tracker.Reserve(1, {60, 60}), Answer::kReserved);
  EXPECT_EQ(tracker.Reserve(2, {41, 41}), Answer::kRefused);
  EXPECT_EQ(tracker.reserved(), 60);
  EXPECT_EQ(tracker.Reserve(2, {40, 40}), Answer::kReserved);
}

TEST(ResourceTrackerTest, ARefusalTellsTheFigures) {
  ResourceTracker tracker(100 * kMiB);
  ASSERT_EQ(tracker.Reserve(1, {90 * kMiB, 70 * kMiB}), Answer::kReserved);
  const absl::Status refusal = tracker.Refusal({31 * kMiB - 1, 1});
  EXPECT_TRUE(absl::IsResourceExhausted(refusal));
  const std::string text(refusal.message());
  EXPECT_THAT(text, HasSubstr("needs 31 MiB of memory"));
  EXPECT_THAT(text, HasSubstr("of the 100 MiB for models 70 MiB are taken"));
}

TEST(ResourceTrackerTest, WhatALoadNeedsForAWhileIsWaitedFor) {
  ResourceTracker tracker(100);
  ASSERT_EQ(tracker.Reserve(1, {80, 40}), Answer::kReserved);
  EXPECT_EQ(tracker.Reserve(2, {60, 60}), Answer::kWait);
  tracker.Settle(1, {.loaded = 40});
  EXPECT_EQ(tracker.reserved(), 40);
  EXPECT_EQ(tracker.Reserve(2, {60, 60}), Answer::kReserved);
}

TEST(ResourceTrackerTest, WhatLeavesIsWaitedFor) {
  ResourceTracker tracker(100);
  ASSERT_EQ(tracker.Reserve(1, {80, 80}), Answer::kReserved);
  tracker.Settle(1, {.loaded = 80});
  EXPECT_EQ(tracker.Reserve(2, {30, 30}), Answer::kRefused);
  tracker.MarkLeaving(1);
  EXPECT_EQ(tracker.reserved(), 80);
  EXPECT_EQ(tracker.Reserve(2, {30, 30}), Answer::kWait);
  tracker.Release(1);
  EXPECT_EQ(tracker.Reserve(2, {30, 30}), Answer::kReserved);
}

TEST(ResourceTrackerTest, WhatLeavesTwiceLeavesOnce) {
  ResourceTracker tracker(100);
  ASSERT_EQ(tracker.Reserve(1, {50, 50}), Answer::kReserved);
  ASSERT_EQ(tracker.Reserve(2, {50, 50}), Answer::kReserved);
  tracker.MarkLeaving(1);
  tracker.MarkLeaving(1);
  EXPECT_EQ(tracker.Reserve(3, {51, 51}), Answer::kRefused);
  EXPECT_EQ(tracker.Reserve(3, {50, 50}), Answer::kWait);
}

TEST(ResourceTrackerTest, EverythingIsGivenBack) {
  ResourceTracker tracker(100);
  ASSERT_EQ(tracker.Reserve(1, {50, 20}), Answer::kReserved);
  tracker.Settle(1, {.loaded = 20});
  ASSERT_EQ(tracker.Reserve(2, {50, 20}), Answer::kReserved);
  tracker.Release(1);
  tracker.MarkLeaving(2);
  tracker.Release(2);
  EXPECT_EQ(tracker.reserved(), 0);
  EXPECT_EQ(tracker.Reserve(3, {100, 100}), Answer::kReserved);
}

TEST(ResourceTrackerTest, WhoHoldsNothingGivesNothingBack) {
  ResourceTracker tracker(100);
  ASSERT_EQ(tracker.Reserve(1, {50, 50}), Answer::kReserved);
  tracker.Release(2);
  tracker.MarkLeaving(2);
  tracker.Release(1);
  tracker.Release(1);
  EXPECT_EQ(tracker.reserved(), 0);
}

MemoryNeed OnDevice(int64_t host, int64_t loading, int64_t loaded,
                    std::vector<std::string> devices = {"cuda:0"}) {
  return {host, host, loading, loaded, std::move(devices)};
}

TEST(ResourceTrackerTest, ADeviceHasABudgetOfItsOwn) {
  ResourceTracker tracker(100, {{"cuda:0", 50}});
  ASSERT_EQ(tracker.Reserve(1, OnDevice(10, 40, 30)), Answer::kReserved);
  EXPECT_EQ(tracker.reserved_on("cuda:0"), 40);
  EXPECT_EQ(tracker.Reserve(2, OnDevice(10, 20, 20)), Answer::kWait);
  EXPECT_EQ(tracker.Reserve(3, OnDevice(10, 21, 20)), Answer::kRefused);
  EXPECT_EQ(tracker.Reserve(4, {90, 90}), Answer::kReserved);
  tracker.Settle(1, OnDevice(10, 40, 30));
  tracker.Release(4);
  EXPECT_EQ(tracker.Reserve(2, OnDevice(10, 20, 20)), Answer::kReserved);
}

TEST(ResourceTrackerTest, EachDeviceOfAModelHasToHaveRoom) {
  ResourceTracker tracker(0, {{"cuda:0", 50}, {"cuda:1", 50}});
  ASSERT_EQ(tracker.Reserve(1, OnDevice(1, 40, 40, {"cuda:1"})),
            Answer::kReserved);
  EXPECT_EQ(tracker.Reserve(2, OnDevice(1, 40, 40, {"cuda:0", "cuda:1"})),
            Answer::kRefused);
  EXPECT_EQ(tracker.Reserve(3, OnDevice(1, 40, 40, {"cuda:0"})),
            Answer::kReserved);
  tracker.Release(1);
  EXPECT_EQ(tracker.reserved_on("cuda:1"), 0);
  EXPECT_EQ(tracker.reserved_on("cuda:0"), 40);
}

TEST(ResourceTrackerTest, WhatFitsInOneMemoryOnlyIsReservedInNone) {
  ResourceTracker tracker(100, {{"cuda:0", 50}});
  ASSERT_EQ(tracker.Reserve(1, OnDevice(10, 51, 51)), Answer::kRefused);
  ASSERT_EQ(tracker.Reserve(2, OnDevice(101, 1, 1)), Answer::kRefused);
  EXPECT_EQ(tracker.reserved(), 0);
  EXPECT_EQ(tracker.reserved_on("cuda:0"), 0);
}

TEST(ResourceTrackerTest, ARefusalTellsWhichMemoryIsShort) {
  ResourceTracker tracker(100 * kMiB, {{"cuda:0", 50 * kMiB}});
  ASSERT_EQ(tracker.Reserve(1, OnDevice(kMiB, 30 * kMiB, 30 * kMiB)),
            Answer::kReserved);
  const absl::Status refusal =
      tracker.Refusal(OnDevice(kMiB, 21 * kMiB, 21 * kMiB));
  EXPECT_THAT(std::string(refusal.message()),
              HasSubstr("needs 21 MiB of the memory of cuda:0, but of the 50 "
                        "MiB for models 30 MiB are taken"));
}

}  // namespace
}  // namespace sconce
