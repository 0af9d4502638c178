// RecordGraphs: which calls of a method are recorded before it serves.
#ifndef SERVER_RUNTIME_GRAPH_RECORDER_H_
#define SERVER_RUNTIME_GRAPH_RECORDER_H_

#include <cstdint>

#include "server/core/infer_task.h"
#include "server/core/servable_config.h"
#include "server/core/servable_id.h"
#include "server/device/device.h"
#include "server/runtime/method_replica.h"
#include "server/tensor/padding.h"

namespace sconce {

struct GraphRequest {
  ServableId id;
  ServableConfig::Graphs wanted;
  // Checked, its inputs in order; tensors only, or nothing is recorded. Null:
  // there is none.
  InferTask* example;
  int64_t most_rows;  // of a batch; 1: only what has the example's rows
  bool changes_itself = false;  // such a model is not recorded
  PaddingRules padding = {};    // of the method's requests
};

// Whether another call may be recorded beside those that keep `kept` bytes: if
// it takes as much as all of them, with up to twice the rows of the largest,
// then no more than four fifths of the limit are in use. (Of what they keep a
// part is in `use`, too, and counts twice.)
bool HasRoomForNextGraph(const DeviceMemoryUse& use, int64_t kept);

// Records calls with 1, 2, 4 … rows, and most_rows, of the example's shape or
// of those that padding makes of it, on every lane that serves `replica`; with
// Graphs::kAuto those that are faster so, while there is room. Stops at the
// first that cannot be recorded. What was done, or why nothing was, goes to the
// log. Blocks.
void RecordGraphs(const GraphRequest& request, MethodReplica* replica);

}  // namespace sconce

#endif  // SERVER_RUNTIME_GRAPH_RECORDER_H_
