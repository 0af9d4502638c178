// DeviceBackend: what the module with the devices' code gives to the server.
#ifndef SERVER_DEVICE_DEVICE_BACKEND_H_
#define SERVER_DEVICE_DEVICE_BACKEND_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "server/device/device.h"

namespace sconce {

// How busy a device is with all processes' work; what cannot be had is empty.
struct DeviceActivity {
  std::optional<double> utilization;  // 0 to 1
  std::optional<double> power_watts;
  std::optional<double> temperature_celsius;
};

// One per process. Thread-safe.
class DeviceBackend {
 public:
  virtual ~DeviceBackend() = default;

  // One line for the log: "CUDA 13.0, driver 580.65".
  virtual std::string description() const = 0;

  // Devices that the process can see; their indices begin with 0.
  virtual int count() const = 0;

  // `memory_fraction` of the device's memory, above 0 and at most 1, is what
  // this process may take. REQUIRES: 0 <= index < count(); once each.
  virtual absl::StatusOr<std::unique_ptr<Device>> Open(
      int index, double memory_fraction) = 0;

  virtual DeviceActivity activity(int index) const = 0;
};

// The module's one entry, found by name. The backend lives as long as the
// process. Null when `version` is not the one that the module was built with.
inline constexpr int kDeviceBackendVersion = 2;
inline constexpr char kDeviceBackendEntry[] = "SconceDeviceBackend";
using DeviceBackendEntry = DeviceBackend* (*)(int version);

}  // namespace sconce

#endif  // SERVER_DEVICE_DEVICE_BACKEND_H_
