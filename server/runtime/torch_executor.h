// TorchExecutor: runs batches of one TorchScript method.
#ifndef SERVER_RUNTIME_TORCH_EXECUTOR_H_
#define SERVER_RUNTIME_TORCH_EXECUTOR_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "server/batching/batch.h"
#include "server/core/servable_id.h"
#include "server/runtime/batch_gate.h"
#include "server/runtime/execution_limit.h"
#include "server/runtime/module_method.h"
#include "server/runtime/module_state.h"
#include "server/runtime/tensor_codec.h"
#include "server/runtime/watched_method.h"
#include "server/telemetry/servable_telemetry.h"
#include "server/tensor/learned_signature.h"

namespace sconce {

// gather -> forward -> flatten -> hand out, on the calling lane. A merged
// batch that fails is run again request by request, so that one bad request
// fails alone. Thread-safe.
class TorchExecutor : public BatchExecutor {
 public:
  // What it points to is borrowed and outlives it. A run that takes longer
  // than `limit`, or past the deadlines of all its requests, is interrupted at
  // the next round of a loop. One that does not return loses its requests.
  // `states` is null for a module that does not change itself; `gate` is
  // offered good requests.
  TorchExecutor(ServableId id, const ModuleMethod* method,
                const ModuleStates* states, BatchGate* gate,
                LearnedSignature* signature, ServableTelemetry* telemetry,
                const ExecutionLimit* limit);

  MonoDuration Execute(const Batch& batch) override;

 private:
  using Outputs = std::vector<SharedOutput>;
  using Tasks = absl::Span<InferTask* const>;

  // `left`: the tasks that the lane has to answer, those of the batch first.
  MonoDuration Execute(const Batch& batch, Tasks left);

  // For a batch whose run ended with `error`.
  void FailOne(InferTask* task, const absl::Status& error) const;
  MonoDuration RunOneByOne(const Batch& batch, const absl::Status& error);
  absl::StatusOr<Outputs> Run(const Batch& batch, Tasks left,
                              RequestTrace* trace) const;
  // Gives a stateful module's call a state of its own.
  absl::StatusOr<std::unique_ptr<ModuleState>> SetState(
      const Batch& batch, torch::jit::Stack* stack) const;
  absl::StatusOr<c10::IValue> RunInTime(const Batch& batch, Tasks left,
                                        torch::jit::Stack stack) const;
  absl::StatusOr<Outputs> BindAndShare(c10::IValue value) const;
  absl::Status CheckRows(const Batch& batch, const Outputs& outputs) const;
  void Observe(const Batch& batch, const Outputs& outputs) const;
  void FinishAll(const Batch& batch, const Outputs& outputs,
                 const RequestTrace& trace) const;

  const ServableId id_;
  const ModuleMethod* const method_;
  const ModuleStates* const states_;
  BatchGate* const gate_;
  LearnedSignature* const signature_;
  ServableTelemetry* const telemetry_;
  const ExecutionLimit* const limit_;
  const WatchedMethod watched_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_TORCH_EXECUTOR_H_
