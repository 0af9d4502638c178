#include "server/telemetry/device_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <string>

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Page(const std::vector<DeviceStatus>& devices) {
  return prometheus::TextSerializer().Serialize(DeviceMetrics(devices));
}

TEST(DeviceStatusTest, WithoutDevicesNothingIsSaid) { EXPECT_EQ(Page({}), ""); }

TEST(DeviceStatusTest, EveryDeviceHasItsSeries) {
  DeviceStatus first;
  first.name = "cuda:0";
  first.memory_allocated = 7;
  first.execution_seconds = 1.5;
  DeviceStatus second = first;
  second.name = "cuda:1";
  second.graphs = 3;
  EXPECT_THAT(
      Page({first, second}),
      AllOf(HasSubstr(
                "sconce_device_memory_allocated_bytes{device=\"cuda:0\"} 7"),
            HasSubstr("TYPE sconce_device_execution_seconds_total counter"),
            HasSubstr(
                "sconce_device_execution_seconds_total{device=\"cuda:1\"} 1.5"),
            HasSubstr("sconce_device_graphs{device=\"cuda:1\"} 3")));
}

TEST(DeviceStatusTest, WhatTheDriverDoesNotTellIsLeftOut) {
  DeviceStatus status;
  status.name = "cuda:0";
  status.power_watts = 250;
  EXPECT_THAT(
      Page({status}),
      AllOf(HasSubstr("sconce_device_power_watts{device=\"cuda:0\"} 250"),
            Not(HasSubstr("utilization")), Not(HasSubstr("temperature"))));
}

}  // namespace
}  // namespace sconce
