// MethodReplica: a method on one device, and the queue of that device's lanes.
#ifndef SERVER_RUNTIME_METHOD_REPLICA_H_
#define SERVER_RUNTIME_METHOD_REPLICA_H_

#include <memory>

#include "server/batching/batch_scheduler.h"
#include "server/core/servable_id.h"
#include "server/runtime/model_place.h"
#include "server/runtime/module_method.h"
#include "server/runtime/torch_executor.h"

namespace sconce {

// Thread-safe.
class MethodReplica {
 public:
  // `parts.method` and `graphs` are set here; `lanes` are those of the device
  // that `method`'s module is on.
  MethodReplica(const ServableId& id, ModuleMethod method,
                TorchExecutor::Parts parts, const ServableLanes& lanes,
                BatchScheduler::Options options);
  MethodReplica(const MethodReplica&) = delete;
  MethodReplica& operator=(const MethodReplica&) = delete;

  const ModuleMethod& method() const { return method_; }
  const ServableLanes& lanes() const { return lanes_; }
  TorchExecutor* executor() { return &executor_; }
  BatchScheduler* scheduler() const { return scheduler_.get(); }

  CallGraphs* graphs() { return &graphs_; }

  // When its lanes would come to something new, as far as is known.
  MonoDuration Backlog() const;

 private:
  const ModuleMethod method_;
  const ServableLanes lanes_;
  CallGraphs graphs_;
  TorchExecutor executor_;
  const std::shared_ptr<BatchScheduler> scheduler_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_METHOD_REPLICA_H_
