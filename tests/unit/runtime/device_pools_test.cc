// Where models are put.
#include "server/runtime/device_pools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/fake_device/fake_backend.h"

namespace sconce {
namespace {

using Kind = Placement::Kind;
using ::testing::AllOf;
using ::testing::HasSubstr;

FakeBackendOptions ThreeDevices() {
  FakeBackendOptions options;
  options.count = 3;
  options.device.memory = 1000;
  return options;
}

class DevicePoolsTest : public ::testing::Test {
 protected:
  void Start(std::vector<int> indices) {
    DevicePools::Options options;
    options.backend = &backend_;
    options.indices = std::move(indices);
    options.memory_fraction = 0.5;
    auto pools = DevicePools::Create(std::move(options));
    ASSERT_TRUE(pools.ok()) << pools.status();
    pools_ = *std::move(pools);
  }

  std::vector<std::string> Places(const Placement& placement) {
    const auto places = pools_->PlacesFor(placement, {&cpu_, &cpu_});
    EXPECT_TRUE(places.ok()) << places.status();
    std::vector<std::string> names;
    for (const ModelPlace& place : *places) {
      names.push_back(place.device ? place.device->name() : "cpu");
      EXPECT_EQ(place.lanes.serving == &cpu_, place.device == nullptr);
    }
    return names;
  }

  using Names = std::vector<std::string>;
  FakeBackend backend_{ThreeDevices()};
  LanePool cpu_{LanePool::Options{}};
  std::unique_ptr<DevicePools> pools_;
};

TEST_F(DevicePoolsTest, WithoutDevicesEverythingIsOnTheProcessors) {
  Start({});
  EXPECT_EQ(Places({}), Names{"cpu"});
  EXPECT_EQ(Places({Kind::kGpu, {1}}), Names{"cpu"});
  EXPECT_TRUE(pools_->Status().empty());
}

TEST_F(DevicePoolsTest, AModelIsOnAllDevicesUnlessItNamesSome) {
  Start({0, 2});
  EXPECT_EQ(Places({}), (Names{"cuda:0", "cuda:2"}));
  EXPECT_EQ(Places({Kind::kGpu, {}}), (Names{"cuda:0", "cuda:2"}));
  EXPECT_EQ(Places({Kind::kGpu, {2}}), Names{"cuda:2"});
  EXPECT_EQ(Places({Kind::kCpu, {}}), Names{"cpu"});
}

TEST_F(DevicePoolsTest, ADeviceThatIsNotUsedIsNamed) {
  Start({0, 2});
  const absl::Status status =
      pools_->PlacesFor({Kind::kGpu, {1}}, {&cpu_, &cpu_}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("device 1"), HasSubstr("uses 0, 2")));
}

TEST_F(DevicePoolsTest, PartOfADevicesMemoryIsForModels) {
  Start({1});
  const auto status = pools_->Status();
  ASSERT_EQ(status.size(), 1u);
  EXPECT_EQ(status[0].name, "cuda:1");
  EXPECT_EQ(status[0].memory_limit, 500);
  EXPECT_EQ(status[0].places, 2 * status[0].lanes);
  EXPECT_EQ(pools_->Budgets().at("cuda:1"), 400);
}

}  // namespace
}  // namespace sconce
