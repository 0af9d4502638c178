#include "server/device/device_health.h"

#include <atomic>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/thread.h"
#include "server/device/device_error.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(DeviceErrorTest, AFailureNamesTheDeviceAndWhatStruckIt) {
  const absl::Status failure = DeviceFailure("cuda:1", "illegal access");
  EXPECT_EQ(failure.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(failure.message(),
            "device 'cuda:1' failed: illegal access; the server ends and has "
            "to be started again");
}

TEST(DeviceErrorTest, OnlyFailuresAreFailures) {
  EXPECT_TRUE(IsDeviceFailure(DeviceFailure("cuda:0", "")));
  EXPECT_FALSE(IsDeviceFailure(absl::OkStatus()));
  EXPECT_FALSE(IsDeviceFailure(
      absl::InternalError(DeviceFailure("cuda:0", "assert").message())));
}

TEST(DeviceHealthTest, TellsTheFirstFailureOnly) {
  std::vector<std::string> told;
  DeviceHealth health([&](const absl::Status& failure) {
    told.emplace_back(failure.message());
  });
  EXPECT_TRUE(IsDeviceFailure(health.Note(DeviceFailure("cuda:0", "first"))));
  EXPECT_TRUE(IsDeviceFailure(health.Note(DeviceFailure("cuda:0", "second"))));
  EXPECT_THAT(told, ElementsAre(HasSubstr("first")));
  EXPECT_TRUE(health.failed());
}

TEST(DeviceHealthTest, PassesOtherErrorsOn) {
  DeviceHealth health([](const absl::Status&) { FAIL(); });
  EXPECT_TRUE(health.Note(absl::OkStatus()).ok());
  EXPECT_EQ(health.Note(absl::InternalError("a copy")),
            absl::InternalError("a copy"));
  EXPECT_FALSE(health.failed());
}

TEST(DeviceHealthTest, OneOfSeveralThreadsTells) {
  std::atomic<int> told = 0;
  DeviceHealth health([&](const absl::Status&) { ++told; });
  {
    std::vector<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back("test", [&] {
        health.Note(DeviceFailure("cuda:0", "")).IgnoreError();
      });
    }
  }
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace sconce
