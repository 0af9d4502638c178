#include "server/device/device_lane.h"

#include <utility>

#include "server/base/status_macros.h"

namespace sconce {

absl::StatusOr<std::unique_ptr<DeviceLane>> DeviceLane::Create(
    const Parts& parts) {
  auto lane = std::unique_ptr<DeviceLane>(new DeviceLane(parts));
  // A priority matters to operators only: devices copy in the order of arrival.
  for (const auto& [stream, priority] :
       {std::pair(&lane->normal_, StreamPriority::kNormal),
        std::pair(&lane->high_, StreamPriority::kHigh),
        std::pair(&lane->copy_in_, StreamPriority::kNormal),
        std::pair(&lane->copy_out_, StreamPriority::kNormal)}) {
    auto made = parts.device->MakeStream(priority);
    RETURN_IF_ERROR(parts.health->Note(made.status()));
    *stream = *std::move(made);
  }
  return lane;
}

}  // namespace sconce
