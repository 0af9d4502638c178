// DevicePools: the devices that models run on, and their lanes.
#ifndef SERVER_RUNTIME_DEVICE_POOLS_H_
#define SERVER_RUNTIME_DEVICE_POOLS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/batching/lane_pool.h"
#include "server/core/placement.h"
#include "server/device/device_backend.h"
#include "server/device/device_health.h"
#include "server/runtime/device_pool.h"
#include "server/runtime/model_place.h"
#include "server/telemetry/device_status.h"

namespace sconce {

// Without a backend there is the CPU only. Thread-safe after Create().
class DevicePools {
 public:
  struct Options {
    DeviceBackend* backend = nullptr;  // borrowed
    std::vector<int> indices;          // of its devices, ascending
    bool need_all = true;          // false: one that does not work is left out
    double memory_fraction = 0.9;  // of each device's
    DevicePool::Options pool;      // of each
    // Hears of the first device that fails, whichever it is.
    DeviceHealth::Listener on_failure = [](const absl::Status&) {};
  };

  static absl::StatusOr<std::unique_ptr<DevicePools>> Create(Options options);

  // Where a model with such a placement runs; `cpu` are the host's lanes.
  // FAILED_PRECONDITION: it names a device that the server does not use.
  absl::StatusOr<std::vector<ModelPlace>> PlacesFor(
      const Placement& placement, const ServableLanes& cpu) const;

  std::vector<DeviceStatus> Status() const;

  // Bytes of each device for models, by its name: four fifths of what the
  // process may take; the rest is for requests.
  std::map<std::string, int64_t> Budgets() const;

 private:
  explicit DevicePools(Options options);

  absl::Status Add(int index);
  absl::StatusOr<DevicePool*> Find(int index) const;

  const Options options_;
  DeviceHealth health_;
  std::vector<std::unique_ptr<DevicePool>> pools_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_DEVICE_POOLS_H_
