#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "server/base/notification.h"
#include "server/base/thread.h"
#include "server/device/device_error.h"
#include "server/device/device_run.h"
#include "tests/support/fake_device/fake_lane.h"

namespace sconce {
namespace {

class DeviceRunErrorsTest : public ::testing::Test {
 protected:
  DeviceRunErrorsTest() { run_.emplace(&seat_, StreamPriority::kNormal); }
  void TearDown() override {
    if (!gate_.HasBeenNotified()) gate_.Notify();
  }

  // What holds the kernel goes on when somebody asks `event`: only those who
  // wait come past it.
  void OpenWhenAsked(DeviceEvent* event) {
    static_cast<FakeEvent*>(event)->set_on_ask([this] {
      if (!gate_.HasBeenNotified()) gate_.Notify();
    });
  }

  absl::Status LaunchHeldKernel() {
    return fake_.compute()->Launch([this] {
      gate_.Wait();
      finished_ = true;
    });
  }

  absl::Status Upload(size_t bytes) {
    const absl::Status begun = run_->staging()->Begin(bytes, 1);
    if (!begun.ok()) return begun;
    run_->staging()->Add(bytes);
    return run_->Upload();
  }

  Notification gate_;
  bool finished_ = false;
  FakeLane fake_;
  DeviceSeat seat_{fake_.lane.get()};
  std::optional<DeviceRun> run_;
};

TEST_F(DeviceRunErrorsTest, TheEndWaitsForWorkThatNobodyWaitedFor) {
  OpenWhenAsked(seat_.computed());
  ASSERT_TRUE(run_->Compute([&] { return LaunchHeldKernel(); }).ok());
  run_.reset();
  EXPECT_TRUE(gate_.HasBeenNotified());
  EXPECT_TRUE(finished_);
}

TEST_F(DeviceRunErrorsTest, TheEndWaitsForWorkBeforeAnErrorInTheSameStep) {
  OpenWhenAsked(seat_.computed());
  EXPECT_TRUE(absl::IsAborted(run_->Compute([&] {
    EXPECT_TRUE(LaunchHeldKernel().ok());
    return absl::AbortedError("an operator failed");
  })));
  run_.reset();
  EXPECT_TRUE(finished_);
}

TEST_F(DeviceRunErrorsTest, TheEndWaitsForTheCopyOfABatchThatWentNoFurther) {
  OpenWhenAsked(seat_.copied_in());
  ASSERT_TRUE(static_cast<FakeStream*>(fake_.lane->copy_in())
                  ->Launch([this] { gate_.Wait(); })
                  .ok());
  ASSERT_TRUE(Upload(100).ok());
  run_.reset();
  EXPECT_TRUE(gate_.HasBeenNotified());
}

TEST_F(DeviceRunErrorsTest, ComputesAgainAfterMemoryWasShort) {
  ASSERT_TRUE(Upload(100).ok());
  fake_.device.faults()->Fail(FakeCall::kRun, 1);
  const auto compute = [&] {
    return run_->Compute(
        [&] { return fake_.compute()->Launch([&] { finished_ = true; }); });
  };
  EXPECT_TRUE(absl::IsResourceExhausted(compute()));
  EXPECT_TRUE(compute().ok());
  EXPECT_TRUE(run_->Wait().ok());
  EXPECT_TRUE(finished_);
  EXPECT_EQ(fake_.failures, 0);
}

TEST_F(DeviceRunErrorsTest, ACopyThatFailsIsTheErrorOfItsStep) {
  fake_.device.faults()->Fail(FakeCall::kCopy, 1);
  EXPECT_TRUE(absl::IsInternal(Upload(100)));
  EXPECT_TRUE(run_->Wait().ok());
  EXPECT_TRUE(Upload(100).ok());
}

TEST_F(DeviceRunErrorsTest, WithoutAnEventOnlyTheDeviceTellsTheEnd) {
  // After Run(), so that the next call, recording the event, fails.
  ASSERT_TRUE(absl::IsInternal(run_->Compute([&] {
    EXPECT_TRUE(LaunchHeldKernel().ok());
    fake_.device.faults()->Fail(FakeCall::kOther, 1);
    return absl::OkStatus();
  })));
  gate_.Notify();
  EXPECT_TRUE(run_->Wait().ok());
  EXPECT_TRUE(finished_);
  EXPECT_EQ(fake_.device.synchronized(), 1);
}

TEST_F(DeviceRunErrorsTest, AFailureEndsTheWaitThoughTheKernelGoesOn) {
  static_cast<FakeEvent*>(seat_.computed())->set_on_ask([this] {
    fake_.device.faults()->FailDevice();
  });
  ASSERT_TRUE(run_->Compute([&] { return LaunchHeldKernel(); }).ok());
  EXPECT_TRUE(IsDeviceFailure(run_->Wait()));
  EXPECT_EQ(fake_.failures, 1);
  gate_.Notify();
}

TEST_F(DeviceRunErrorsTest, EveryStepAfterAFailureFailsAndNoneHangs) {
  ASSERT_TRUE(Upload(100).ok());
  fake_.device.faults()->FailDevice();
  EXPECT_TRUE(IsDeviceFailure(run_->Upload()));
  EXPECT_TRUE(IsDeviceFailure(run_->Compute([] {
    ADD_FAILURE() << "nothing runs on a device that failed";
    return absl::OkStatus();
  })));
  EXPECT_TRUE(IsDeviceFailure(run_->Download({})));
  EXPECT_TRUE(IsDeviceFailure(run_->Wait()));
  EXPECT_EQ(fake_.failures, 1);
}

TEST_F(DeviceRunErrorsTest, AFailureAfterAnyCallEndsTheRun) {
  // Eight calls there are; after the last, asking the event finds out.
  for (int calls = 0; calls <= 8; ++calls) {
    SCOPED_TRACE(calls);
    FakeLane fake;
    DeviceSeat seat(fake.lane.get());
    fake.device.faults()->FailDeviceAfter(calls);
    DeviceRun run(&seat, StreamPriority::kNormal);
    const std::vector<absl::Status> steps = {
        run.Upload(),
        run.Compute([&] { return fake.compute()->Launch([] {}); }),
        run.Download({})};
    EXPECT_EQ(IsDeviceFailure(steps.back()), calls < 8);
    EXPECT_TRUE(IsDeviceFailure(run.Wait()));
    EXPECT_EQ(fake.failures, 1);
  }
}

TEST_F(DeviceRunErrorsTest, AllWhoWaitHearOfAFailureAndTheListenerOnce) {
  ASSERT_TRUE(LaunchHeldKernel().ok());
  std::atomic<int> asked = 0, failed = 0;
  {
    std::vector<Thread> lanes;
    for (int i = 0; i < 3; ++i) {
      lanes.emplace_back("lane", [&] {
        DeviceSeat seat(fake_.lane.get());
        // The last of the three to wait lets the device fail.
        static_cast<FakeEvent*>(seat.computed())
            ->set_on_ask([&, first = true]() mutable {
              if (!std::exchange(first, false)) return;
              if (++asked == 3) fake_.device.faults()->FailDevice();
            });
        DeviceRun run(&seat, StreamPriority::kNormal);
        EXPECT_TRUE(run.Compute([] { return absl::OkStatus(); }).ok());
        failed += IsDeviceFailure(run.Wait());
      });
    }
  }
  EXPECT_EQ(failed, 3);
  EXPECT_EQ(fake_.failures, 1);
  gate_.Notify();
}

}  // namespace
}  // namespace sconce
