// TorchServable: a TorchScript module that answers requests.
#ifndef SERVER_RUNTIME_TORCH_SERVABLE_H_
#define SERVER_RUNTIME_TORCH_SERVABLE_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/batching/batch_scheduler.h"
#include "server/batching/lane_pool.h"
#include "server/core/servable.h"
#include "server/runtime/execution_limit.h"
#include "server/runtime/module_method.h"
#include "server/runtime/module_state.h"
#include "server/runtime/served_method.h"
#include "server/telemetry/servable_telemetry.h"
#include "server/tensor/learned_signature.h"

namespace sconce {

// Thread-safe. On each device it is on, each method has a queue of its own; all
// share the module there, the lanes, the statistics, and the sequences of a
// module that changes itself. The destructor waits for the lanes to leave it.
class TorchServable : public Servable {
 public:
  // `lanes`: of each device that the module is on. `states` is null for a
  // module that does not change itself; such a one is on one device.
  TorchServable(ServableId id, ServableConfig config,
                std::shared_ptr<ServableMetrics> metrics,
                std::vector<ServableLanes> lanes, const ExecutionLimit& limit,
                std::unique_ptr<const ModuleStates> states);
  ~TorchServable() override;

  // Call before the first request. `methods`: on each device, in the order of
  // the lanes. `signature.max_batch_size` is the method's.
  void AddMethod(std::vector<ModuleMethod> methods, ModelSignature signature);
  // A method that no client can call, and why.
  void AddUncallable(const std::string& method, absl::Status reason);

  std::vector<std::string> methods() const override;

  // Checks with `examples` whether `method` can be batched. Blocks.
  // NOT_FOUND: no such method; INVALID_ARGUMENT: an example does not fit.
  absl::Status TryExamples(absl::string_view method,
                           const std::vector<InferTask*>& examples);
  // As ServedMethod::WarmLanes(); without effect for other methods.
  void WarmLanes(absl::string_view method, const InferTask& example,
                 int64_t times);
  // As ServedMethod::UseOnly(), for all methods.
  void UseOnly(std::optional<size_t> device);
  // As ServedMethod::RecordGraphs(); without effect for other methods. Call
  // after TryExamples().
  void RecordGraphs(absl::string_view method, InferTask* example);
  // Takes over what somebody else found out about a method that there is.
  void AdoptBatching(absl::string_view method, const BatchingVerdict& verdict);
  // Rows that `method` takes at once: of a batch, or of a request where
  // batching is declared. 1: not more than what is sent.
  int64_t max_rows(absl::string_view method) const;
  // Warm-up is over, clients come.
  void Open();
  // What recorded calls keep, by the devices' names; nothing for the CPU.
  std::map<std::string, int64_t> graphs_bytes() const;
  // What the module keeps. Call before Open().
  void SetMemory(int64_t bytes) { memory_bytes_ = bytes; }

  const ServableId& id() const override { return id_; }
  const ServableConfig& config() const override { return config_; }
  absl::StatusOr<std::shared_ptr<const ModelSignature>> signature(
      absl::string_view method) const override;
  BatchingVerdict batching(absl::string_view method) const override;
  ServableTelemetry* telemetry() override { return &telemetry_; }
  absl::Status Schedule(InferTask* task) override;
  // Latencies are those of the method that takes longest.
  ServableActivity activity() const override;
  bool HasSequence(const SequencePlace& place) const override {
    return sequences_.Has(place);
  }
  void EndSequence(const SequencePlace& place) override {
    sequences_.End(place);
  }

 private:
  // `limit`, where requests that are queued hear of a suspension, too.
  ExecutionLimit WithQueues(const ExecutionLimit& limit);
  void RefuseQueued(const absl::Status& why);
  absl::StatusOr<ServedMethod*> Find(absl::string_view name) const;

  const ServableId id_;
  const ServableConfig config_;
  ServableTelemetry telemetry_;
  const std::vector<ServableLanes> lanes_;
  const std::shared_ptr<FairShare> share_;
  int64_t memory_bytes_ = 0;  // constant after Open()
  const ExecutionLimit limit_;
  const std::unique_ptr<const ModuleStates> states_;
  SequenceScheduler sequences_;
  std::map<std::string, std::unique_ptr<ServedMethod>, std::less<>> methods_;
  std::map<std::string, absl::Status, std::less<>> uncallable_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_TORCH_SERVABLE_H_
