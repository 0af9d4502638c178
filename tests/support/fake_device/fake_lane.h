// FakeLane: a DeviceLane of a fake device, with all that it needs.
#ifndef TESTS_SUPPORT_FAKE_DEVICE_FAKE_LANE_H_
#define TESTS_SUPPORT_FAKE_DEVICE_FAKE_LANE_H_

#include <atomic>
#include <memory>

#include "server/device/device_health.h"
#include "server/device/device_lane.h"
#include "server/device/event_poller.h"
#include "tests/support/fake_device/fake_device.h"

namespace sconce {

// REQUIRES: no work of the lane waits for something that is gone before it.
struct FakeLane {
  explicit FakeLane(const FakeDeviceOptions& options = {}) : device(options) {}

  FakeStream* compute(StreamPriority priority = StreamPriority::kNormal) {
    return static_cast<FakeStream*>(lane->compute(priority));
  }

  FakeDevice device;
  EventPoller poller;
  std::atomic<int> failures = 0;  // how often the listener was told
  DeviceHealth health{[this](const absl::Status&) { ++failures; }};
  const std::unique_ptr<DeviceLane> lane =
      *DeviceLane::Create({&device, &poller, &health});
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_FAKE_DEVICE_FAKE_LANE_H_
