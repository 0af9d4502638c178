#include "server/runtime/method_replica.h"

#include <utility>

namespace sconce {
namespace {

TorchExecutor::Parts WithMethod(TorchExecutor::Parts parts,
                                const ModuleMethod* method,
                                const CallGraphs* graphs) {
  parts.method = method;
  parts.graphs = graphs;
  return parts;
}

BatchScheduler::Options OnLanes(BatchScheduler::Options options,
                                const ModuleMethod& method,
                                const ServableLanes& lanes) {
  options.alarms = lanes.serving->alarms();
  options.bounded_time = method.HasBoundedTime();
  return options;
}

}  // namespace

MethodReplica::MethodReplica(const ServableId& id, ModuleMethod method,
                             TorchExecutor::Parts parts,
                             const ServableLanes& lanes,
                             BatchScheduler::Options options)
    : method_(std::move(method)),
      lanes_(lanes),
      graphs_(&method_),
      executor_(id, WithMethod(parts, &method_, &graphs_)),
      scheduler_(
          BatchScheduler::Create(OnLanes(std::move(options), method_, lanes),
                                 lanes.loading, &executor_, parts.telemetry)) {}

MonoDuration MethodReplica::Backlog() const {
  const WorkAhead load = lanes_.serving->Load();
  return (load.running + load.others) / load.lanes;
}

}  // namespace sconce
