#include "server/runtime/cuda/nvml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sconce {
namespace {

using ::testing::IsNull;
using ::testing::NotNull;
using ::testing::Optional;

constexpr char kKnowing[] = "0000:01:00.0";
constexpr char kSilent[] = "0000:02:00.0";

std::unique_ptr<Nvml> Load(const std::string& kind) {
  return Nvml::Load(SCONCE_TEST_MODULES "fake_nvml-" + kind + ".so");
}

TEST(NvmlTest, TellsWhatTheDeviceAtAnAddressDoes) {
  const auto nvml = Load("whole");
  ASSERT_THAT(nvml, NotNull());
  EXPECT_EQ(nvml->DriverVersion(), "580.65.06");
  const DeviceActivity activity = nvml->Activity(kKnowing);
  EXPECT_THAT(activity.utilization, Optional(0.75));
  EXPECT_THAT(activity.power_watts, Optional(250.5));
  EXPECT_THAT(activity.temperature_celsius, Optional(41.0));
}

TEST(NvmlTest, WhatADeviceDoesNotTellIsEmpty) {
  const auto nvml = Load("whole");
  ASSERT_THAT(nvml, NotNull());
  const DeviceActivity activity = nvml->Activity(kSilent);
  EXPECT_EQ(activity.utilization, std::nullopt);
  EXPECT_EQ(activity.power_watts, std::nullopt);
  EXPECT_EQ(activity.temperature_celsius, std::nullopt);
}

TEST(NvmlTest, OfAnUnknownAddressNothingIsTold) {
  const auto nvml = Load("whole");
  ASSERT_THAT(nvml, NotNull());
  EXPECT_EQ(nvml->Activity("0000:FF:00.0").utilization, std::nullopt);
}

TEST(NvmlTest, AMissingFunctionTakesOnlyItsOwnValue) {
  const auto nvml = Load("old");
  ASSERT_THAT(nvml, NotNull());
  EXPECT_EQ(nvml->DriverVersion(), "");
  const DeviceActivity activity = nvml->Activity(kKnowing);
  EXPECT_THAT(activity.utilization, Optional(0.75));
  EXPECT_EQ(activity.power_watts, std::nullopt);
  EXPECT_THAT(activity.temperature_celsius, Optional(41.0));
}

TEST(NvmlTest, IsNullWhereTheLibraryDoesNotStart) {
  EXPECT_THAT(Load("broken"), IsNull());
}

TEST(NvmlTest, IsNullWhereThereIsNoLibraryOrAnotherOne) {
  EXPECT_THAT(Nvml::Load("libno-such-nvml.so.1"), IsNull());
  EXPECT_THAT(Nvml::Load("libm.so.6"), IsNull());
}

}  // namespace
}  // namespace sconce
