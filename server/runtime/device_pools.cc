#include "server/runtime/device_pools.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "server/base/status_macros.h"
#include "server/telemetry/log.h"

namespace sconce {

DevicePools::DevicePools(Options options)
    : options_(std::move(options)), health_(options_.on_failure) {}

absl::StatusOr<std::unique_ptr<DevicePools>> DevicePools::Create(
    Options options) {
  std::unique_ptr<DevicePools> made(new DevicePools(std::move(options)));
  for (const int index : made->options_.indices) {
    const absl::Status added = made->Add(index);
    if (added.ok()) continue;
    if (made->options_.need_all) return added;
    LogWarning("a device is not used",
               {{"device", index}, {"reason", added.message()}});
  }
  return made;
}

absl::Status DevicePools::Add(int index) {
  ASSIGN_OR_RETURN(auto device,
                   options_.backend->Open(index, options_.memory_fraction));
  ASSIGN_OR_RETURN(auto pool, DevicePool::Create(index, std::move(device),
                                                 &health_, options_.pool));
  const DeviceStatus status = pool->Status();
  LogInfo("device used", {{"device", status.name},
                          {"lanes", static_cast<int64_t>(status.lanes)},
                          {"memory", status.memory},
                          {"memory_limit", status.memory_limit}});
  pools_.push_back(std::move(pool));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ModelPlace>> DevicePools::PlacesFor(
    const Placement& placement, const ServableLanes& cpu) const {
  if (placement.kind == Placement::Kind::kCpu || pools_.empty()) {
    return std::vector<ModelPlace>{{nullptr, cpu}};
  }
  std::vector<ModelPlace> places;
  for (const int index : placement.gpus) {
    ASSIGN_OR_RETURN(DevicePool* const pool, Find(index));
    places.push_back(pool->place());
  }
  if (!places.empty()) return places;
  for (const auto& pool : pools_) places.push_back(pool->place());
  return places;
}

std::vector<DeviceStatus> DevicePools::Status() const {
  std::vector<DeviceStatus> all;
  for (const auto& pool : pools_) {
    DeviceStatus status = pool->Status();
    const DeviceActivity activity = options_.backend->activity(pool->index());
    status.utilization = activity.utilization;
    status.power_watts = activity.power_watts;
    status.temperature_celsius = activity.temperature_celsius;
    all.push_back(std::move(status));
  }
  return all;
}

std::map<std::string, int64_t> DevicePools::Budgets() const {
  std::map<std::string, int64_t> budgets;
  for (const auto& pool : pools_) {
    const DeviceStatus status = pool->Status();
    budgets[status.name] = status.memory_limit / 5 * 4;
  }
  return budgets;
}

absl::StatusOr<DevicePool*> DevicePools::Find(int index) const {
  for (const auto& pool : pools_) {
    if (pool->index() == index) return pool.get();
  }
  const std::string used =
      absl::StrJoin(pools_, ", ", [](std::string* out, const auto& pool) {
        absl::StrAppend(out, pool->index());
      });
  return absl::FailedPreconditionError(absl::StrCat(
      "instance_group.gpus names device ", index, ", but the server uses ",
      used, "; name one of these, or start the server with --device=cuda:",
      index, " among others"));
}

}  // namespace sconce
