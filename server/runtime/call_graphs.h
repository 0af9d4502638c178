// CallGraphs: calls of a method that were recorded on a device's lanes.
#ifndef SERVER_RUNTIME_CALL_GRAPHS_H_
#define SERVER_RUNTIME_CALL_GRAPHS_H_

#include <ATen/core/Tensor.h>
#include <ATen/core/stack.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "server/base/clock.h"
#include "server/device/device_lane.h"
#include "server/runtime/module_method.h"
#include "server/runtime/output_flattener.h"

namespace sconce {

// A model of many small operators takes its time in adding each of them to the
// stream; a graph adds them all at once. One graph takes inputs of one shape,
// of fixed addresses, and does one call at a time: so there is one for each
// lane, shape and number of rows. Those of a lane share their memory, so a
// graph's outputs are there until another one replays; they are read only on
// the lane's stream, in the turn that replayed it. Recorded before the first
// request; then immutable and thread-safe.
class CallGraphs {
 public:
  using Tensors = std::vector<at::Tensor>;
  using Outputs = std::vector<NamedTensor>;

  // What a recorded call takes, beside the same call without.
  struct Times {
    MonoDuration eager;
    MonoDuration replayed;
  };

  // `method` is borrowed.
  explicit CallGraphs(const ModuleMethod* method);
  ~CallGraphs();

  // Records a call with inputs like `inputs` on `lane`. Compares it with the
  // same call without: other answers than those, to the last bit, fail. Other
  // calls wait for the lane meanwhile. Errors as Device::Record(),
  // ModuleMethod::Run(); then nothing is kept.
  absl::StatusOr<Times> Record(DeviceLane* lane, const Tensors& inputs);
  // Forgets what was recorded last.
  void DropLast();

  // Adds a call with the arguments on `stack` to the lane's stream for normal
  // priority. Nothing: there is no graph for these. `rows` of the batch may be
  // fewer than the graph's where `stackable`; then the others are made up. The
  // outputs are the caller's. Throws as LibTorch does. REQUIRES: that stream is
  // current, in the lane's turn.
  absl::StatusOr<std::optional<Outputs>> Replay(DeviceLane* lane,
                                                const torch::jit::Stack& stack,
                                                bool stackable) const;

  size_t size() const { return graphs_.size(); }

  // Bytes that all keep: the inputs, and what the device tells of each lane.
  int64_t memory() const;

 private:
  struct Graph;

  absl::StatusOr<Outputs> Call(const Tensors& inputs) const;
  // Copies the inputs, and makes first calls.
  absl::Status Prepare(const Tensors& inputs, Graph* graph) const;
  absl::Status RecordOn(DeviceLane* lane, Graph* graph) const;
  absl::Status Check(DeviceLane* lane, const Graph& graph) const;
  absl::StatusOr<Times> Time(DeviceLane* lane, const Graph& graph) const;
  // Any of those on `lane`; null: there is none.
  DeviceGraph* OneOn(const DeviceLane* lane) const;
  // Of those on `lane` the one with the fewest rows that takes `inputs`.
  const Graph* Find(const DeviceLane* lane, const Tensors& inputs,
                    bool stackable) const;

  const ModuleMethod* const method_;
  std::vector<std::unique_ptr<Graph>> graphs_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_CALL_GRAPHS_H_
