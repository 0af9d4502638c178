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
  std::unique_ptr<DevicePool> pool(
      new DevicePool(index, std::move(device), health, options.patience));
  RETURN_IF_ERROR(pool->StartServing(options));
  RETURN_IF_ERROR(pool->StartLoading(options));
  return pool;
}

absl::Status DevicePool::StartServing(const Options& options) {
  LanePool::Options threads = options.threads;
  threads.lanes = options.lanes * options.depth;
  threads.thread_name = absl::StrCat("lane-gpu", index_);
  threads.on_watch = [this] { CheckDevice(); };
  return Start(options.lanes, threads, &serving_);
}

absl::Status DevicePool::StartLoading(const Options& options) {
  LanePool::Options threads = options.threads;
  threads.lanes = options.depth;
  threads.thread_name = absl::StrCat("load-gpu", index_);
  threads.on_thread_start = [start = threads.on_thread_start] {
    Thread::LowerCurrentPriority();
    start();
  };
  return Start(1, threads, &loading_);
}

void DevicePool::CheckDevice() {
  if (stuck_.AreHopeless(Clock::Real()->Now())) {
    health_->Note(device_->Fail("a run on it does not end")).IgnoreError();
  }
  health_->Note(device_->Check()).IgnoreError();
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

absl::Status DevicePool::Start(int lanes, LanePool::Options threads,
                               Lanes* made) {
  for (int i = 0; i < lanes; ++i) {
    ASSIGN_OR_RETURN(auto lane,
                     DeviceLane::Create({device_.get(), &poller_, health_}));
    made->lanes.push_back(std::move(lane));
  }
  threads.pinned = false;
  threads.on_stuck_lanes = [this, tell = threads.on_stuck_lanes](int d) {
    stuck_.Add(d, Clock::Real()->Now());
    tell(d);
  };
  threads.on_lane_start = [made](int thread) {
    const size_t lane = static_cast<size_t>(thread) % made->lanes.size();
    DeviceSeat::Take(made->lanes[lane].get());
  };
  made->threads = std::make_unique<LanePool>(threads);
  return absl::OkStatus();
}

}  // namespace sconce
