#include "server/device/device_seat.h"

namespace sconce {
namespace {

thread_local std::unique_ptr<DeviceSeat> current;

}  // namespace

DeviceSeat::DeviceSeat(DeviceLane* lane)
    : lane_(lane),
      staging_(lane->device()),
      copied_in_(lane->device()->MakeEvent()),
      begun_(lane->device()->MakeTimer()),
      computed_(lane->device()->MakeTimer()),
      copied_out_(lane->device()->MakeEvent()) {}

DeviceSeat* DeviceSeat::Current() { return current.get(); }

void DeviceSeat::Take(DeviceLane* lane) {
  current = std::make_unique<DeviceSeat>(lane);
}

}  // namespace sconce
