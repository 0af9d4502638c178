#include "server/device/staging.h"

#include <cstdint>

#include "gtest/gtest.h"

#include "tests/support/fake_device/fake_device.h"

namespace sconce {
namespace {

class StagingTest : public ::testing::Test {
 protected:
  FakeDevice device_{{}};
  Staging staging_{&device_};
};

TEST_F(StagingTest, ABatchWithoutInputsNeedsNoMemory) {
  ASSERT_TRUE(staging_.Begin(0, 0).ok());
  EXPECT_EQ(staging_.used(), 0u);
  EXPECT_EQ(staging_.all().host, nullptr);
  EXPECT_EQ(device_.memory().allocated, 0);
}

TEST_F(StagingTest, PlacesAreAlignedAndAtTheSameOffsets) {
  ASSERT_TRUE(staging_.Begin(1 + 1000 + 3, 3).ok());
  const Staging::Place all = staging_.all();
  for (size_t bytes : {1, 1000, 3}) {
    const Staging::Place place = staging_.Add(bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(place.host) % Staging::kAlignment,
              0u);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(place.device) % Staging::kAlignment,
              0u);
    EXPECT_EQ(place.host - all.host, place.device - all.device);
  }
  EXPECT_EQ(staging_.used(), 256u + 1024u + 3u);
}

TEST_F(StagingTest, PlacesDoNotOverlap) {
  ASSERT_TRUE(staging_.Begin(600, 2).ok());
  const Staging::Place first = staging_.Add(300);
  const Staging::Place second = staging_.Add(300);
  EXPECT_GE(second.host - first.host, 300);
}

TEST_F(StagingTest, TheNextBatchBeginsAtTheStartOfTheSameMemory) {
  ASSERT_TRUE(staging_.Begin(5000, 1).ok());
  const Staging::Place first = staging_.Add(5000);
  ASSERT_TRUE(staging_.Begin(100, 1).ok());
  EXPECT_EQ(staging_.used(), 0u);
  const Staging::Place second = staging_.Add(100);
  EXPECT_EQ(first.host, second.host);
  EXPECT_EQ(first.device, second.device);
}

TEST_F(StagingTest, GrowsToAPowerOfTwoAndNeverShrinks) {
  ASSERT_TRUE(staging_.Begin(5000, 1).ok());
  EXPECT_EQ(staging_.capacity(), 8192u);
  ASSERT_TRUE(staging_.Begin(70'000, 1).ok());
  EXPECT_EQ(staging_.capacity(), 131'072u);
  ASSERT_TRUE(staging_.Begin(10, 1).ok());
  EXPECT_EQ(staging_.capacity(), 131'072u);
  EXPECT_EQ(device_.memory().allocated, 131'072);
  EXPECT_EQ(device_.host_memory()->allocated(), 131'072);
}

TEST_F(StagingTest, NeverHoldsTheOldMemoryBesideTheNew) {
  ASSERT_TRUE(staging_.Begin(5000, 1).ok());
  ASSERT_TRUE(staging_.Begin(70'000, 1).ok());
  EXPECT_EQ(device_.memory().reserved, 131'072);
}

TEST_F(StagingTest, CanBeginAgainAfterMemoryWasShort) {
  for (int allocation : {1, 2}) {  // the device's, the host's
    device_.faults()->Fail(FakeCall::kAllocate, allocation);
    Staging staging(&device_);
    EXPECT_TRUE(absl::IsResourceExhausted(staging.Begin(100, 1)));
    EXPECT_EQ(staging.capacity(), 0u);
    EXPECT_EQ(device_.memory().allocated, 0);
    ASSERT_TRUE(staging.Begin(100, 1).ok());
    EXPECT_NE(staging.Add(100).host, nullptr);
  }
}

TEST_F(StagingTest, AddingMoreThanWasToldEndsTheProcess) {
  ASSERT_TRUE(staging_.Begin(100, 1).ok());
  EXPECT_DEATH(staging_.Add(staging_.capacity() + 1), "");
}

}  // namespace
}  // namespace sconce
