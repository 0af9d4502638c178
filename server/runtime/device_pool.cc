#include "server/runtime/device_pool.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/base/thread.h"
#include "server/device/device_seat.h"

namespace sconce {

absl::StatusOr<std::unique_ptr<DevicePool>> DevicePool::Create(
    int index, std::unique_ptr<Device> device, DeviceHealth* health,
    const Options& options) {
  std::unique_ptr<DevicePool> pool(new DevicePool(index, std::move(device)));
  LanePool::Options threads = options.threads;
  threads.pinned = false;
  threads.lanes = options.lanes * options.depth;
  threads.thread_name = absl::StrCat("lane-gpu", index);
  // A device may fail while nobody waits for a batch: in a load, or idle.
  threads.on_watch = [device = pool->device_.get(), health] {
    health->Note(device->Check()).IgnoreError();
  };
  RETURN_IF_ERROR(pool->Start(health, options.lanes, threads, &pool->serving_));
  threads.lanes = options.depth;
  threads.thread_name = absl::StrCat("load-gpu", index);
  threads.on_watch = [] {};
  threads.on_thread_start = [start = threads.on_thread_start] {
    Thread::LowerCurrentPriority();
    start();
  };
  RETURN_IF_ERROR(pool->Start(health, 1, threads, &pool->loading_));
  return pool;
}

ModelPlace DevicePool::place() const {
  ModelPlace place = {device_.get(),
                      {serving_.threads.get(), loading_.threads.get()}};
  place.lanes.depth =
      serving_.threads->lanes() / static_cast<int>(serving_.lanes.size());
  for (const auto& lane : serving_.lanes) {
    place.lanes.device_lanes.push_back(lane.get());
  }
  return place;
}

DeviceStatus DevicePool::Status() const {
  const DeviceMemoryUse memory = device_->memory();
  DeviceStatus status;
  status.name = device_->name();
  status.lanes = static_cast<int>(serving_.lanes.size());
  status.streams =
      DeviceLane::kStreams *
      static_cast<int>(serving_.lanes.size() + loading_.lanes.size());
  status.places = serving_.threads->lanes();
  for (const auto& lane : serving_.lanes) {
    status.execution_seconds += ToSeconds(lane->execution());
    status.graphs += lane->graphs();
  }
  status.memory = memory.total;
  status.memory_limit = memory.limit;
  status.memory_allocated = memory.allocated;
  status.memory_reserved = memory.reserved;
  return status;
}

absl::Status DevicePool::Start(DeviceHealth* health, int lanes,
                               LanePool::Options threads, Lanes* made) {
  for (int i = 0; i < lanes; ++i) {
    ASSIGN_OR_RETURN(auto lane,
                     DeviceLane::Create({device_.get(), &poller_, health}));
    made->lanes.push_back(std::move(lane));
  }
  // A thread that replaces one that is stuck gets a seat of its own, too.
  threads.on_thread_start = [made, start = threads.on_thread_start] {
    start();
    DeviceSeat::Take(made->lanes[made->seated++ % made->lanes.size()].get());
  };
  made->threads = std::make_unique<LanePool>(threads);
  return absl::OkStatus();
}

}  // namespace sconce
