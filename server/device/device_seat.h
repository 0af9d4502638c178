// DeviceSeat: what one thread of a lane has to carry a batch with.
#ifndef SERVER_DEVICE_DEVICE_SEAT_H_
#define SERVER_DEVICE_DEVICE_SEAT_H_

#include <memory>

#include "server/device/device.h"
#include "server/device/device_lane.h"
#include "server/device/staging.h"

namespace sconce {

// A lane with `depth` threads has `depth` seats: the ring of buffers of the
// literature, with a thread at each place of it (doc/adr/0028). Used by its
// thread only.
class DeviceSeat {
 public:
  // The lane is borrowed and outlives it.
  explicit DeviceSeat(DeviceLane* lane);

  // The calling thread's; null on threads that have none.
  static DeviceSeat* Current();
  // Gives the calling thread one, which goes when the thread ends.
  static void Take(DeviceLane* lane);

  DeviceLane* lane() const { return lane_; }
  Staging* staging() { return &staging_; }
  DeviceEvent* copied_in() const { return copied_in_.get(); }
  DeviceEvent* begun() const { return begun_.get(); }
  DeviceEvent* computed() const { return computed_.get(); }
  DeviceEvent* copied_out() const { return copied_out_.get(); }

 private:
  DeviceLane* const lane_;
  Staging staging_;
  const std::unique_ptr<DeviceEvent> copied_in_, begun_, computed_, copied_out_;
};

}  // namespace sconce

#endif  // SERVER_DEVICE_DEVICE_SEAT_H_
