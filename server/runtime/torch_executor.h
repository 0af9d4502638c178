// TorchExecutor: runs batches of one TorchScript method.
#ifndef SERVER_RUNTIME_TORCH_EXECUTOR_H_
#define SERVER_RUNTIME_TORCH_EXECUTOR_H_

#include <vector>

#include "absl/status/statusor.h"

#include "server/batching/batch.h"
#include "server/core/servable_id.h"
#include "server/runtime/module_method.h"
#include "server/runtime/tensor_codec.h"
#include "server/telemetry/servable_telemetry.h"
#include "server/tensor/learned_signature.h"

namespace sconce {

// gather -> forward -> flatten -> hand out, on the calling lane. A merged
// batch that fails is run again request by request, so that one bad request
// fails alone. Thread-safe.
class TorchExecutor : public BatchExecutor {
 public:
  // `method`, `signature` and `telemetry` are borrowed and outlive it. A run
  // that takes longer than `max_execution_time`, which is more than zero, or
  // past the deadlines of all its requests, is interrupted.
  TorchExecutor(ServableId id, const ModuleMethod* method,
                LearnedSignature* signature, ServableTelemetry* telemetry,
                MonoDuration max_execution_time);

  MonoDuration Execute(const Batch& batch) override;

 private:
  using Outputs = std::vector<SharedOutput>;

  // For a batch whose run ended with `error`.
  void FailOne(InferTask* task, const absl::Status& error) const;
  MonoDuration RunOneByOne(const Batch& batch, const absl::Status& error);
  absl::StatusOr<Outputs> Run(const Batch& batch, RequestTrace* trace) const;
  absl::StatusOr<c10::IValue> RunInTime(const Batch& batch,
                                        torch::jit::Stack stack) const;
  absl::StatusOr<Outputs> BindAndShare(c10::IValue value) const;
  absl::Status CheckRows(const Batch& batch, const Outputs& outputs) const;
  void Observe(const Batch& batch, const Outputs& outputs) const;
  void FinishAll(const Batch& batch, const Outputs& outputs,
                 const RequestTrace& trace) const;

  const ServableId id_;
  const ModuleMethod* const method_;
  LearnedSignature* const signature_;
  ServableTelemetry* const telemetry_;
  const MonoDuration max_execution_time_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_TORCH_EXECUTOR_H_
