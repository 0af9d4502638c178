#include "server/runtime/torch_servable.h"

#include <utility>

#include "server/base/status_macros.h"

namespace sconce {

TorchServable::TorchServable(ServableId id, ServableConfig config,
                             ForwardMethod forward, ModelSignature signature,
                             std::shared_ptr<ServableMetrics> metrics,
                             LanePool* lanes)
    : id_(std::move(id)),
      config_(std::move(config)),
      forward_(std::move(forward)),
      signature_(std::move(signature)),
      telemetry_(std::move(metrics)),
      executor_(id_, &forward_, &signature_, &telemetry_),
      scheduler_(
          BatchScheduler::Create({.model = id_.model,
                                  .max_batch_rows = config_.max_batch_size,
                                  .max_queue_size = config_.max_queue_size,
                                  .bounded_time = forward_.HasBoundedTime()},
                                 lanes, &executor_, &telemetry_)) {}

TorchServable::~TorchServable() { scheduler_->Drain(); }

absl::Status TorchServable::Schedule(InferTask* task) {
  const std::shared_ptr<const ModelSignature> signature = signature_.Get();
  RETURN_IF_ERROR(CheckInputs(*signature, id_.model, &task->inputs));
  ASSIGN_OR_RETURN(task->rows, CountRows(*signature, id_.model, task->inputs));
  return scheduler_->Schedule(task);
}

}  // namespace sconce
