#include "server/runtime/served_method.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/base/status_macros.h"

namespace sconce {

ServedMethod::ServedMethod(const Shared& shared, ModuleMethod method,
                           ModelSignature signature)
    : shared_(shared),
      method_(std::move(method)),
      signature_(std::move(signature)),
      gate_(MakeGate()),
      executor_(shared.id, &method_, shared.states, gate_.get(), &signature_,
                shared.telemetry, &shared.limit),
      scheduler_(BatchScheduler::Create(
          {.model = shared.id.model,
           .max_queue_size = shared.config.max_queue_size,
           .bounded_time = method_.HasBoundedTime()},
          shared.lanes.loading, &executor_, shared.telemetry)) {
  DecideBatching();
}

void ServedMethod::Drain() {
  gate_->Stop();
  scheduler_->Drain();
}

std::shared_ptr<BatchGate> ServedMethod::MakeGate() {
  const int64_t declared = signature_.Get()->max_batch_size;
  return BatchGate::Create(
      {.id = shared_.id,
       .max_rows = declared > 0 ? declared : shared_.config.max_undeclared_rows,
       .limit = &shared_.limit,
       .lanes = shared_.lanes.serving,
       .set_rows = [this](int64_t rows) { SetMaxBatchRows(rows); }},
      &method_);
}

void ServedMethod::SetMaxBatchRows(int64_t rows) {
  shared_.telemetry->RecordBatching(method_.name(), rows);
  if (rows > 0) signature_.SetAnyRows();
  scheduler_->SetMaxBatchRows(rows);
}

void ServedMethod::DecideBatching() {
  using Batching = ServableConfig::Batching;
  const ServableConfig& config = shared_.config;
  const bool declared = signature_.Get()->max_batch_size > 0;
  if (shared_.states != nullptr) {
    gate_->Close("the model changes itself");
  } else if (config.batching == Batching::kOff) {
    gate_->Close("the config says so");
  } else if (!declared && config.max_undeclared_rows == 0) {
    gate_->Close("--max-batch-size is 0");
  } else if (config.batching == Batching::kTrusted && declared) {
    gate_->OpenForAll();
  } else {
    gate_->LookAtCode();
  }
}

absl::Status ServedMethod::Check(InferTask* task) const {
  const auto signature = signature_.Get();
  const std::string& model = shared_.id.model;
  RETURN_IF_ERROR(
      CheckInputs(*signature, model, &task->inputs, task->parameters));
  ASSIGN_OR_RETURN(task->rows, CountRows(*signature, model, task->inputs));
  const std::optional<int64_t> rows = CommonRows(task->inputs);
  gate_->Classify(rows.value_or(0), task);
  if (signature->max_batch_size == 0 && task->stackable) {
    task->rows = rows.value_or(1);
  }
  return absl::OkStatus();
}

absl::Status ServedMethod::Schedule(InferTask* task) {
  RETURN_IF_ERROR(Check(task));
  if (task->sequence && shared_.sequences != nullptr) {
    return shared_.sequences->Schedule(task, &executor_);
  }
  return scheduler_->Schedule(task);
}

int64_t ServedMethod::max_rows() const {
  return std::max({int64_t{1}, signature_.Get()->max_batch_size,
                   scheduler_->max_batch_rows()});
}

void ServedMethod::Open() {
  signature_.Open();
  scheduler_->SetLanes(shared_.lanes.serving);
  gate_->AcceptSamples();
}

absl::Status ServedMethod::TryExamples(
    const std::vector<InferTask*>& examples) {
  for (InferTask* example : examples) RETURN_IF_ERROR(Check(example));
  gate_->TryExamples(examples);
  return absl::OkStatus();
}

}  // namespace sconce
