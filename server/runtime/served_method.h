// ServedMethod: one method of a loaded model, with its queue.
#ifndef SERVER_RUNTIME_SERVED_METHOD_H_
#define SERVER_RUNTIME_SERVED_METHOD_H_

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "server/batching/batch_scheduler.h"
#include "server/batching/padded_request.h"
#include "server/batching/sequence_scheduler.h"
#include "server/core/infer_task.h"
#include "server/core/servable_config.h"
#include "server/core/servable_id.h"
#include "server/runtime/batch_gate.h"
#include "server/runtime/execution_limit.h"
#include "server/runtime/method_replica.h"
#include "server/runtime/module_method.h"
#include "server/runtime/module_state.h"
#include "server/telemetry/servable_telemetry.h"
#include "server/tensor/learned_signature.h"

namespace sconce {

// On every device that the servable is on; what is sent goes to the one that
// would come to it first. Thread-safe.
class ServedMethod {
 public:
  // What the methods of a servable share; all of it outlives them.
  struct Shared {
    const ServableId& id;
    const ServableConfig& config;
    const ExecutionLimit& limit;
    const std::vector<ServableLanes>& lanes;  // of the devices
    const std::shared_ptr<FairShare> share;
    ServableTelemetry* telemetry;
    // Both null unless the model changes itself.
    const ModuleStates* states;
    SequenceScheduler* sequences;
  };

  // `methods`: on each device, in the order of the lanes.
  // `signature.max_batch_size` is the method's.
  ServedMethod(const Shared& shared, std::vector<ModuleMethod> methods,
               ModelSignature signature);
  ServedMethod(const ServedMethod&) = delete;
  ServedMethod& operator=(const ServedMethod&) = delete;

  std::shared_ptr<const ModelSignature> signature() const {
    return signature_.Get();
  }

  // As Servable::Schedule().
  absl::Status Schedule(InferTask* task);

  // Waits for the lanes to leave it. Call before the destructor, and for all
  // methods of a servable before that of any. REQUIRES: no more Schedule().
  void Drain();

  // Finishes what is queued with `why`.
  void RefuseQueued(const absl::Status& why);

  // Checks with `examples` whether the method can be batched; their inputs are
  // brought into order. Blocks.
  absl::Status TryExamples(const std::vector<InferTask*>& examples);

  // Runs `example`, whose inputs are in order, and `times` its rows once on
  // each thread of the devices' lanes that serve. Without effect on the CPU,
  // whose threads keep nothing. Blocks.
  void WarmLanes(const InferTask& example, int64_t times) const;

  // From now on everything is sent to this device, by its place among the
  // lanes; nothing: to all again.
  void UseOnly(std::optional<size_t> device);

  // Records calls like `example`, whose inputs are in order, on all lanes of
  // its devices, as the config says. What cannot be recorded runs without, and
  // the log says so; null, for no example, cannot.
  // REQUIRES: not open yet.
  void RecordGraphs(InferTask* example);

  // Bytes that recorded calls keep on the device, of those of the lanes.
  int64_t graphs_bytes(size_t device) const {
    return replicas_[device]->graphs()->memory();
  }

  // As TorchServable::max_rows().
  int64_t max_rows() const;

  // The first requests of clients come now, and run on the lanes for serving.
  // REQUIRES: nothing is queued.
  void Open();

  // What waits, and what executions take by their rows.
  int64_t queued() const;
  std::map<int64_t, MonoDuration> latencies() const;

  // As Servable::batching().
  BatchingVerdict batching() const { return gate_->verdict(); }

  // As TorchServable::AdoptBatching().
  void AdoptBatching(const BatchingVerdict& verdict) {
    gate_->Adopt(verdict.kinds);
  }

 private:
  std::shared_ptr<BatchGate> MakeGate();
  BatchScheduler::Options SchedulerOptions() const;
  void AddReplicas(std::vector<ModuleMethod> methods);
  MethodReplica* first() const { return replicas_.front().get(); }
  MethodReplica* LeastLoaded() const;
  void SetMaxBatchRows(int64_t rows);
  // Whether batches are formed, as far as that needs no check.
  void DecideBatching();
  absl::Status Check(InferTask* task) const;
  // Finds out how many rows it has, and whether they may share batches.
  // REQUIRES: its inputs were checked.
  absl::Status Classify(const MethodReplica& replica, InferTask* task) const;
  void WarmLanes(MethodReplica* replica, const InferTask& example,
                 int64_t times) const;
  // Whether the queue could hold so many rows in parts, and it pays.
  bool ShouldRunInParts(const MethodReplica& replica, int64_t rows) const;
  // The rules speak of forward.
  bool IsPadded() const {
    return !shared_.config.padding.rules.empty() && method_.name() == "forward";
  }
  // Null when the task is to run as it is.
  std::unique_ptr<PaddedRequest> Pad(InferTask* task) const;
  // REQUIRES: its inputs were checked.
  absl::Status Enqueue(InferTask* task);
  // The config's word where the request is silent. A warm-up has all the time
  // that it takes.
  void ApplyDefaults(InferTask* task) const;

  const Shared shared_;
  const ModuleMethod method_;  // on the first device
  std::atomic<bool> is_open_ = false;
  LearnedSignature signature_;
  const std::shared_ptr<BatchGate> gate_;
  // Constant after construction.
  std::vector<std::unique_ptr<MethodReplica>> replicas_;
  std::atomic<MethodReplica*> only_ = nullptr;  // null: all
  mutable std::atomic<size_t> turn_ = 0;  // which of idle replicas is next
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_SERVED_METHOD_H_
