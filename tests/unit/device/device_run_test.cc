#include "server/device/device_run.h"

#include <cstring>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

#include "server/base/notification.h"
#include "server/base/status_macros.h"
#include "tests/support/fake_device/fake_lane.h"

namespace sconce {
namespace {

constexpr StreamPriority kNormal = StreamPriority::kNormal;
constexpr StreamPriority kHigh = StreamPriority::kHigh;

// A batch whose kernel changes its text on the device, letter by letter.
class TextBatch {
 public:
  TextBatch(FakeLane* fake, DeviceSeat* seat, StreamPriority priority = kNormal)
      : fake_(fake), priority_(priority), run_(seat, priority) {}

  absl::Status Upload(absl::string_view text) {
    size_ = text.size();
    RETURN_IF_ERROR(run_.staging()->Begin(size_, 1));
    const Staging::Place place = run_.staging()->Add(size_);
    std::memcpy(place.host, text.data(), size_);
    on_device_ = place.device;
    return run_.Upload();
  }

  // After `before` on the device.
  absl::Status AddToLetters(
      int add, std::function<void()> before = [] {}) {
    return run_.Compute([&] {
      return fake_->compute(priority_)->Launch(
          [add, before, text = on_device_, size = size_] {
            before();
            for (size_t i = 0; i < size; ++i) text[i] += add;
          });
    });
  }

  absl::Status Download() {
    ASSIGN_OR_RETURN(result_, fake_->device.AllocateHost(size_));
    return run_.Download({{on_device_, result_->data(), size_}});
  }

  absl::Status Run(absl::string_view text, int add) {
    RETURN_IF_ERROR(Upload(text));
    RETURN_IF_ERROR(AddToLetters(add));
    RETURN_IF_ERROR(Download());
    return run_.Wait();
  }

  std::string result() const {
    return std::string(static_cast<const char*>(result_->data()), size_);
  }
  DeviceRun* run() { return &run_; }

 private:
  FakeLane* const fake_;
  const StreamPriority priority_;
  std::unique_ptr<DeviceMemory> result_;
  uint8_t* on_device_ = nullptr;
  size_t size_ = 0;
  DeviceRun run_;  // last: its end waits for work on the others
};

class DeviceRunTest : public ::testing::Test {
 protected:
  bool IsDone(DeviceEvent* event) { return *event->IsDone(); }

  FakeLane fake_;
  DeviceSeat first_{fake_.lane.get()}, second_{fake_.lane.get()};
};

TEST_F(DeviceRunTest, CarriesABatchThrough) {
  TextBatch batch(&fake_, &first_);
  ASSERT_TRUE(batch.Run("abc", 1).ok());
  EXPECT_EQ(batch.result(), "bcd");
}

TEST_F(DeviceRunTest, NeverWaitsForTheWholeDevice) {
  TextBatch batch(&fake_, &first_);
  ASSERT_TRUE(batch.Run("abc", 1).ok());
  EXPECT_EQ(fake_.device.synchronized(), 0);
}

TEST_F(DeviceRunTest, TheSameSeatCarriesBatchAfterBatch) {
  for (size_t size : {10, 1000, 100'000, 10}) {
    TextBatch batch(&fake_, &first_);
    ASSERT_TRUE(batch.Run(std::string(size, 'a'), 2).ok());
    EXPECT_EQ(batch.result(), std::string(size, 'c'));
  }
}

TEST_F(DeviceRunTest, TheNextBatchIsCopiedWhileOneComputes) {
  Notification may_end;
  TextBatch one(&fake_, &first_), next(&fake_, &second_);
  ASSERT_TRUE(one.Upload("abc").ok());
  ASSERT_TRUE(one.AddToLetters(1, [&] { may_end.Wait(); }).ok());
  ASSERT_TRUE(one.Download().ok());

  ASSERT_TRUE(next.Upload("uvw").ok());
  EXPECT_TRUE(fake_.poller.Wait(second_.copied_in()).ok());
  EXPECT_FALSE(IsDone(first_.computed()));
  ASSERT_TRUE(next.AddToLetters(1).ok());
  ASSERT_TRUE(next.Download().ok());
  EXPECT_FALSE(IsDone(second_.computed()));

  may_end.Notify();
  EXPECT_TRUE(next.run()->Wait().ok());
  EXPECT_TRUE(one.run()->Wait().ok());
  EXPECT_EQ(one.result(), "bcd");
  EXPECT_EQ(next.result(), "vwx");
}

TEST_F(DeviceRunTest, ComputesAfterItsInputsAreThere) {
  Notification may_copy;
  ASSERT_TRUE(static_cast<FakeStream*>(fake_.lane->copy_in())
                  ->Launch([&] { may_copy.Wait(); })
                  .ok());
  TextBatch batch(&fake_, &first_);
  ASSERT_TRUE(batch.Upload("abc").ok());
  ASSERT_TRUE(batch.AddToLetters(1).ok());
  ASSERT_TRUE(batch.Download().ok());
  EXPECT_FALSE(IsDone(first_.computed()));
  may_copy.Notify();
  EXPECT_TRUE(batch.run()->Wait().ok());
  EXPECT_EQ(batch.result(), "bcd");
}

TEST_F(DeviceRunTest, ABatchDoesNotWaitForTheOneBehindIt) {
  Notification may_end;
  TextBatch one(&fake_, &first_), behind(&fake_, &second_);
  ASSERT_TRUE(one.Upload("abc").ok());
  ASSERT_TRUE(one.AddToLetters(1).ok());
  ASSERT_TRUE(behind.Upload("uvw").ok());
  ASSERT_TRUE(behind.AddToLetters(1, [&] { may_end.Wait(); }).ok());
  ASSERT_TRUE(one.Download().ok());
  EXPECT_TRUE(one.run()->Wait().ok());
  EXPECT_FALSE(IsDone(second_.computed()));
  may_end.Notify();
}

TEST_F(DeviceRunTest, ABatchOfHighPriorityOvertakes) {
  Notification may_end;
  TextBatch normal(&fake_, &first_), high(&fake_, &second_, kHigh);
  ASSERT_TRUE(normal.Upload("abc").ok());
  ASSERT_TRUE(normal.AddToLetters(1, [&] { may_end.Wait(); }).ok());
  ASSERT_TRUE(high.Run("uvw", 1).ok());
  EXPECT_EQ(high.result(), "vwx");
  EXPECT_FALSE(IsDone(first_.computed()));
  may_end.Notify();
}

TEST_F(DeviceRunTest, StepsMayComeAgain) {
  TextBatch batch(&fake_, &first_);
  ASSERT_TRUE(batch.Upload("abc").ok());
  ASSERT_TRUE(batch.AddToLetters(1).ok());
  ASSERT_TRUE(batch.AddToLetters(2).ok());
  ASSERT_TRUE(batch.Download().ok());
  ASSERT_TRUE(batch.run()->Wait().ok());
  EXPECT_EQ(batch.result(), "def");
  ASSERT_TRUE(batch.Run("klm", 1).ok());
  EXPECT_EQ(batch.result(), "lmn");
}

TEST_F(DeviceRunTest, ABatchMayHaveNothingToCopy) {
  DeviceRun run(&first_, kNormal);
  ASSERT_TRUE(run.staging()->Begin(0, 0).ok());
  bool ran = false;
  EXPECT_TRUE(run.Upload().ok());
  EXPECT_TRUE(
      run.Compute([&] { return fake_.compute()->Launch([&] { ran = true; }); })
          .ok());
  EXPECT_TRUE(run.Download({}).ok());
  EXPECT_TRUE(run.Wait().ok());
  EXPECT_TRUE(ran);
}

TEST_F(DeviceRunTest, WithoutWorkThereIsNothingToWaitFor) {
  DeviceRun run(&first_, kNormal);
  EXPECT_TRUE(run.Wait().ok());
  EXPECT_EQ(fake_.device.synchronized(), 0);
}

}  // namespace
}  // namespace sconce
