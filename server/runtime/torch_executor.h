// TorchExecutor: runs batches of one TorchScript method.
#ifndef SERVER_RUNTIME_TORCH_EXECUTOR_H_
#define SERVER_RUNTIME_TORCH_EXECUTOR_H_

#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "server/batching/batch.h"
#include "server/core/servable_id.h"
#include "server/runtime/batch_gate.h"
#include "server/runtime/call_graphs.h"
#include "server/runtime/execution_limit.h"
#include "server/runtime/module_method.h"
#include "server/runtime/module_state.h"
#include "server/runtime/output_flattener.h"
#include "server/runtime/tensor_codec.h"
#include "server/runtime/watched_method.h"
#include "server/telemetry/servable_telemetry.h"
#include "server/tensor/learned_signature.h"

namespace sconce {

// gather -> forward -> flatten -> hand out, on the calling lane. A merged
// batch that fails is run again request by request, so that one bad request
// fails alone; one for which a device's memory is too short is run again in
// halves, a single request once more. Thread-safe.
class TorchExecutor : public BatchExecutor {
 public:
  // Borrowed; all of it outlives the executor. A run that takes longer than
  // `limit`, or past the deadlines of all its requests, is interrupted at the
  // next round of a loop. One that does not return loses its requests.
  struct Parts {
    const ModuleMethod* method;
    const CallGraphs* graphs;    // of its calls; may be empty
    const ModuleStates* states;  // null: the module does not change itself
    BatchGate* gate;             // is offered good requests
    LearnedSignature* signature;
    ServableTelemetry* telemetry;
    const ExecutionLimit* limit;
    // Of requests that are neither early nor late; lower ones run on a device's
    // streams of high priority.
    int64_t default_priority = 0;
  };

  TorchExecutor(ServableId id, const Parts& parts);

  MonoDuration Execute(const Batch& batch) override;

 private:
  using Outputs = std::vector<SharedOutput>;
  using Tasks = absl::Span<InferTask* const>;
  enum class Attempt { kFirst, kSecond };

  // `left`: the tasks that the lane has to answer, those of the batch first.
  MonoDuration Execute(const Batch& batch, Tasks left, Attempt attempt);

  // For a batch whose run ended with `error`.
  MonoDuration Recover(const Batch& batch, const absl::Status& error,
                       Attempt attempt);
  void FailOne(InferTask* task, const absl::Status& error,
               bool was_alone) const;
  MonoDuration RunInParts(const Batch& batch, size_t tasks, Attempt attempt);
  absl::StatusOr<Outputs> Run(const Batch& batch, Tasks left,
                              RequestTrace* trace) const;
  // Gives a stateful module's call a state of its own.
  absl::Status SetState(const Batch& batch, bool on_device,
                        torch::jit::Stack* stack,
                        std::unique_ptr<ModuleState>* state) const;
  absl::Status RunInTime(const Batch& batch, Tasks left,
                         absl::FunctionRef<absl::Status()> call) const;
  absl::StatusOr<Outputs> BindAndShare(std::vector<NamedTensor> tensors) const;
  absl::Status CheckRows(const Batch& batch, const Outputs& outputs) const;
  void Observe(const Batch& batch, const Outputs& outputs) const;
  void FinishAll(const Batch& batch, const Outputs& outputs,
                 const RequestTrace& trace) const;

  const ServableId id_;
  const Parts parts_;
  const WatchedMethod watched_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_TORCH_EXECUTOR_H_
