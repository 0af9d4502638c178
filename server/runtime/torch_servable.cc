#include "server/runtime/torch_servable.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "server/base/status_macros.h"

namespace sconce {

// Everything that one method needs, in the order in which it is made.
struct TorchServable::Method {
  Method(const TorchServable& servable, ModuleMethod m, ModelSignature s,
         ServableTelemetry* telemetry)
      : method(std::move(m)),
        max_batch_size(s.max_batch_size),
        signature(std::move(s)),
        executor(servable.id_, &method, &signature, telemetry,
                 servable.max_execution_time_),
        scheduler(BatchScheduler::Create(
            {.model = servable.id_.model,
             .max_batch_rows = max_batch_size,
             .max_queue_size = servable.config_.max_queue_size,
             .bounded_time = method.HasBoundedTime()},
            servable.lanes_, &executor, telemetry)) {}

  const ModuleMethod method;
  const int64_t max_batch_size;
  LearnedSignature signature;
  TorchExecutor executor;
  const std::shared_ptr<BatchScheduler> scheduler;
};

TorchServable::TorchServable(ServableId id, ServableConfig config,
                             std::shared_ptr<ServableMetrics> metrics,
                             LanePool* lanes, MonoDuration max_execution_time)
    : id_(std::move(id)),
      config_(std::move(config)),
      telemetry_(std::move(metrics)),
      lanes_(lanes),
      max_execution_time_(max_execution_time) {}

TorchServable::~TorchServable() {
  for (const auto& [name, method] : methods_) method->scheduler->Drain();
}

void TorchServable::AddMethod(ModuleMethod method, ModelSignature signature) {
  const std::string name = method.name();
  methods_[name] = std::make_unique<Method>(*this, std::move(method),
                                            std::move(signature), &telemetry_);
}

void TorchServable::AddUncallable(const std::string& method,
                                  absl::Status reason) {
  uncallable_[method] = std::move(reason);
}

absl::StatusOr<TorchServable::Method*> TorchServable::Find(
    absl::string_view name) const {
  const absl::string_view wanted = name.empty() ? "forward" : name;
  const auto found = methods_.find(wanted);
  if (found != methods_.end()) return found->second.get();
  const auto reason = uncallable_.find(wanted);
  if (reason != uncallable_.end()) return reason->second;
  const std::string names =
      absl::StrJoin(methods_, ",", [](std::string* out, const auto& method) {
        absl::StrAppend(out, "'", method.first, "'");
      });
  return absl::NotFoundError(absl::StrCat("model '", id_.model,
                                          "' has no method '", wanted,
                                          "'; its methods are [", names, "]"));
}

absl::StatusOr<std::shared_ptr<const ModelSignature>> TorchServable::signature(
    absl::string_view method) const {
  ASSIGN_OR_RETURN(const Method* const found, Find(method));
  return found->signature.Get();
}

absl::Status TorchServable::Schedule(InferTask* task) {
  ASSIGN_OR_RETURN(Method* const method, Find(task->method));
  const auto signature = method->signature.Get();
  RETURN_IF_ERROR(
      CheckInputs(*signature, id_.model, &task->inputs, task->parameters));
  ASSIGN_OR_RETURN(task->rows, CountRows(*signature, id_.model, task->inputs));
  return method->scheduler->Schedule(task);
}

}  // namespace sconce
