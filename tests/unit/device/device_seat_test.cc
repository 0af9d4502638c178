#include "server/device/device_seat.h"

#include "gtest/gtest.h"

#include "server/base/thread.h"
#include "tests/support/fake_device/fake_lane.h"

namespace sconce {
namespace {

TEST(DeviceLaneTest, HasAStreamForEachPriorityAndDirection) {
  FakeLane fake;
  const DeviceLane& lane = *fake.lane;
  EXPECT_EQ(fake.compute(StreamPriority::kNormal)->priority(),
            StreamPriority::kNormal);
  EXPECT_EQ(fake.compute(StreamPriority::kHigh)->priority(),
            StreamPriority::kHigh);
  EXPECT_NE(lane.copy_in(), lane.copy_out());
}

TEST(DeviceLaneTest, AStreamThatCannotBeMadeIsAnError) {
  FakeLane fake;
  fake.device.faults()->Fail(FakeCall::kOther, 3);
  const auto lane =
      DeviceLane::Create({&fake.device, &fake.poller, &fake.health});
  EXPECT_TRUE(absl::IsInternal(lane.status()));
  EXPECT_EQ(fake.failures, 0);
}

TEST(DeviceLaneTest, ADeviceThatFailedIsTold) {
  FakeLane fake;
  fake.device.faults()->FailDevice();
  EXPECT_FALSE(
      DeviceLane::Create({&fake.device, &fake.poller, &fake.health}).ok());
  EXPECT_EQ(fake.failures, 1);
}

TEST(DeviceSeatTest, AThreadHasOneWhenItTookOne) {
  FakeLane fake;
  EXPECT_EQ(DeviceSeat::Current(), nullptr);
  Thread("lane", [&] {
    DeviceSeat::Take(fake.lane.get());
    ASSERT_NE(DeviceSeat::Current(), nullptr);
    EXPECT_EQ(DeviceSeat::Current()->lane(), fake.lane.get());
  }).Join();
  EXPECT_EQ(DeviceSeat::Current(), nullptr);
}

TEST(DeviceSeatTest, GoesWithItsThread) {
  FakeLane fake;
  Thread("lane", [&] {
    DeviceSeat::Take(fake.lane.get());
    ASSERT_TRUE(DeviceSeat::Current()->staging()->Begin(100, 1).ok());
    EXPECT_GT(fake.device.memory().allocated, 0);
  }).Join();
  EXPECT_EQ(fake.device.memory().allocated, 0);
}

}  // namespace
}  // namespace sconce
