// WarmLanes: runs a method once on each thread of a device's lanes.
#ifndef SERVER_RUNTIME_LANE_WARMUP_H_
#define SERVER_RUNTIME_LANE_WARMUP_H_

#include <memory>
#include <vector>

#include "server/core/waiting_task.h"
#include "server/runtime/method_replica.h"

namespace sconce {

// LibTorch and the libraries below it make handles, workspaces, plans and free
// lists for each thread and each stream, when they are used first. `tasks` are
// checked, and as many as the threads of the lanes that serve `replica`; each
// thread runs one, before other models' batches. Blocks until all are answered.
void WarmLanes(std::vector<std::unique_ptr<WaitingTask>> tasks,
               MethodReplica* replica);

}  // namespace sconce

#endif  // SERVER_RUNTIME_LANE_WARMUP_H_
