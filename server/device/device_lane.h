// DeviceLane: the streams on which batches follow each other.
#ifndef SERVER_DEVICE_DEVICE_LANE_H_
#define SERVER_DEVICE_DEVICE_LANE_H_

#include <atomic>
#include <memory>

#include "absl/status/statusor.h"

#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/device/device.h"
#include "server/device/device_health.h"
#include "server/device/event_poller.h"

namespace sconce {

// One compute stream for each priority, and a copy stream for each direction.
// The threads of a lane (DeviceSeat) each carry one batch through it: while one
// computes, the next is gathered and copied. Thread-safe.
class DeviceLane {
 public:
  static constexpr int kStreams = 4;

  // All borrowed; they outlive the lane.
  struct Parts {
    Device* device;
    EventPoller* poller;
    DeviceHealth* health;
  };

  static absl::StatusOr<std::unique_ptr<DeviceLane>> Create(const Parts& parts);

  Device* device() const { return parts_.device; }
  EventPoller* poller() const { return parts_.poller; }
  DeviceHealth* health() const { return parts_.health; }
  DeviceStream* compute(StreamPriority priority) const {
    return priority == StreamPriority::kHigh ? high_.get() : normal_.get();
  }
  DeviceStream* copy_in() const { return copy_in_.get(); }
  DeviceStream* copy_out() const { return copy_out_.get(); }

  // Of the compute streams: how long batches' operators took on the device, all
  // together. Two streams may work at the same time.
  void AddExecution(MonoDuration time) {
    execution_.fetch_add(time.count(), std::memory_order_relaxed);
  }
  MonoDuration execution() const {
    return MonoDuration(execution_.load(std::memory_order_relaxed));
  }

  // Recorded calls that replay here.
  void AddGraphs(int difference) {
    graphs_.fetch_add(difference, std::memory_order_relaxed);
  }
  int graphs() const { return graphs_.load(std::memory_order_relaxed); }

  // Held while a batch's operators are added to a compute stream, so that two
  // batches do not take turns operator by operator and both come late.
  Mutex* compute_turn() { return &compute_turn_; }

 private:
  explicit DeviceLane(const Parts& parts) : parts_(parts) {}

  const Parts parts_;
  std::unique_ptr<DeviceStream> normal_, high_, copy_in_, copy_out_;
  Mutex compute_turn_;
  std::atomic<MonoDuration::rep> execution_ = 0;
  std::atomic<int> graphs_ = 0;
};

}  // namespace sconce

#endif  // SERVER_DEVICE_DEVICE_LANE_H_
