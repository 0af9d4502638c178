// ModelPlace: a device that a model is put on, and the lanes that run it.
#ifndef SERVER_RUNTIME_MODEL_PLACE_H_
#define SERVER_RUNTIME_MODEL_PLACE_H_

#include <vector>

#include "server/batching/lane_pool.h"
#include "server/device/device.h"
#include "server/device/device_lane.h"

namespace sconce {

// Borrowed; all of it outlives the servables.
struct ServableLanes {
  LanePool* serving;
  LanePool* loading;  // before Open(); may be the same
  int depth = 1;      // threads of a lane
  // Those that serve, of a device; empty: the host's processors.
  std::vector<DeviceLane*> device_lanes = {};
};

struct ModelPlace {
  Device* device;  // null: the host's processors; outlives the servables
  ServableLanes lanes;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_MODEL_PLACE_H_
