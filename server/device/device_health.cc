#include "server/device/device_health.h"

#include "server/device/device_error.h"

namespace sconce {

absl::Status DeviceHealth::Note(absl::Status status) {
  if (IsDeviceFailure(status) && !failed_.exchange(true)) on_failure_(status);
  return status;
}

}  // namespace sconce
