// DevicePool: one device, the lanes on it, and the threads of these.
#ifndef SERVER_RUNTIME_DEVICE_POOL_H_
#define SERVER_RUNTIME_DEVICE_POOL_H_

#include <atomic>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"

#include "server/batching/lane_pool.h"
#include "server/device/device.h"
#include "server/device/device_health.h"
#include "server/device/device_lane.h"
#include "server/device/event_poller.h"
#include "server/runtime/model_place.h"
#include "server/telemetry/device_status.h"

namespace sconce {

// Models that serve and models that are being loaded have lanes of their own,
// as on the CPU. Thread-safe.
class DevicePool {
 public:
  struct Options {
    int lanes = 2;  // of those that serve; loads have one
    int depth = 2;  // batches on their way on each
    // Of all their threads, but for the number, the names and the seats.
    LanePool::Options threads;
  };

  // `health` is borrowed and outlives it. `index`: the device's.
  static absl::StatusOr<std::unique_ptr<DevicePool>> Create(
      int index, std::unique_ptr<Device> device, DeviceHealth* health,
      const Options& options);

  int index() const { return index_; }
  // Without what only the backend knows.
  DeviceStatus Status() const;
  ModelPlace place() const;

 private:
  struct Lanes {
    std::vector<std::unique_ptr<DeviceLane>> lanes;
    std::atomic<size_t> seated = 0;     // threads that took a seat so far
    std::unique_ptr<LanePool> threads;  // last: ends first
  };

  DevicePool(int index, std::unique_ptr<Device> device)
      : index_(index), device_(std::move(device)) {}

  absl::Status Start(DeviceHealth* health, int lanes, LanePool::Options threads,
                     Lanes* made);

  const int index_;
  const std::unique_ptr<Device> device_;
  EventPoller poller_;
  Lanes serving_, loading_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_DEVICE_POOL_H_
