// DevicePool: one device, the lanes on it, and the threads of these.
#ifndef SERVER_RUNTIME_DEVICE_POOL_H_
#define SERVER_RUNTIME_DEVICE_POOL_H_

#include <chrono>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"

#include "server/batching/lane_pool.h"
#include "server/device/device.h"
#include "server/device/device_health.h"
#include "server/device/device_lane.h"
#include "server/device/event_poller.h"
#include "server/device/stuck_runs.h"
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
    // For a run that was given up; then the device counts as failed.
    MonoDuration patience = std::chrono::seconds(60);
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
    std::unique_ptr<LanePool> threads;  // last: ends first
  };

  DevicePool(int index, std::unique_ptr<Device> device, DeviceHealth* health,
             MonoDuration patience)
      : index_(index),
        device_(std::move(device)),
        health_(health),
        stuck_(patience) {}

  absl::Status StartServing(const Options& options);
  absl::Status StartLoading(const Options& options);
  absl::Status Start(int lanes, LanePool::Options threads, Lanes* made);
  // For the watchdog. A device may fail while nobody waits for a batch, too: in
  // a load, or idle.
  void CheckDevice();

  const int index_;
  const std::unique_ptr<Device> device_;
  DeviceHealth* const health_;
  StuckRuns stuck_;
  EventPoller poller_;
  Lanes serving_, loading_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_DEVICE_POOL_H_
