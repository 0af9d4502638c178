#include "server/runtime/torch_executor.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"

#include "server/base/status_macros.h"
#include "server/batching/lane_watch.h"
#include "server/core/retry_after.h"
#include "server/device/device_error.h"
#include "server/device/device_seat.h"
#include "server/runtime/execution_deadline.h"
#include "server/runtime/memory_budget.h"
#include "server/runtime/method_call.h"
#include "server/runtime/name_binding.h"
#include "server/runtime/torch_error.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

std::string Names(const std::vector<std::string>& names) {
  return names.empty() ? "[]"
                       : absl::StrCat("['", absl::StrJoin(names, "','"), "']");
}

// "'x' FP32[2,4], 'mask' BOOL[2,1]": LibTorch's own words name no input.
std::string Describe(const std::vector<InputTensor>& inputs) {
  return absl::StrJoin(
      inputs, ", ", [](std::string* out, const InputTensor& input) {
        absl::StrAppend(out, "'", input.name, "' ", DataTypeName(input.type),
                        ShapeToString(input.shape));
      });
}

// A list of strings has no shape of its own: it gets the declared one.
void ShapeStrings(const TensorSpec& declared, NamedTensor* output) {
  if (!declared.shape || !output->strings) return;
  const auto count = ElementCount(*output->strings);
  if (auto shape = FillShape(*declared.shape, *count)) output->strings = shape;
}

// Gives the outputs the names that the config file declares, in its order.
absl::Status BindOutputs(const std::vector<TensorSpec>& declared,
                         std::vector<NamedTensor>* outputs) {
  std::vector<std::string> wanted;
  for (const TensorSpec& spec : declared) wanted.push_back(spec.name);
  std::vector<std::string> actual;
  for (const NamedTensor& output : *outputs) actual.push_back(output.name);
  const auto indices = BindNames(wanted, actual);
  if (!indices) {
    return absl::InternalError(
        absl::StrCat("config.pbtxt declares the outputs ", Names(wanted),
                     ", but the model returned ", Names(actual)));
  }
  std::vector<NamedTensor> bound;
  for (size_t i = 0; i < declared.size(); ++i) {
    NamedTensor& output = (*outputs)[(*indices)[i]];
    const DataType type = output.strings
                              ? DataType::kBytes
                              : *ToDataType(output.tensor.scalar_type());
    if (declared[i].type && *declared[i].type != type) {
      return absl::InternalError(absl::StrCat(
          "config.pbtxt declares ", DataTypeName(*declared[i].type),
          " for output '", wanted[i], "', but the model returned ",
          DataTypeName(type)));
    }
    output.name = wanted[i];
    ShapeStrings(declared[i], &output);
    bound.push_back(std::move(output));
  }
  *outputs = std::move(bound);
  return absl::OkStatus();
}

// Whether all outputs are declared by the config file.
bool AreDeclared(const std::vector<TensorSpec>& outputs) {
  return !outputs.empty() &&
         outputs.front().type_origin == FactOrigin::kDeclared;
}

// Rows [first, first + rows) of the outputs that `task` asked for; the whole
// tensors when it was alone.
absl::StatusOr<std::vector<OutputTensor>> SelectOutputs(
    const std::string& model, const InferTask& task,
    const std::vector<SharedOutput>& outputs, bool alone, int64_t first) {
  const auto take = [&](const SharedOutput& output) {
    return alone ? output.All() : output.Rows(first, task.rows);
  };
  std::vector<OutputTensor> selected;
  if (task.requested_outputs.empty()) {
    for (const SharedOutput& output : outputs) selected.push_back(take(output));
    return selected;
  }
  for (const std::string& name : task.requested_outputs) {
    const auto found =
        std::find_if(outputs.begin(), outputs.end(),
                     [&](const SharedOutput& o) { return o.name() == name; });
    if (found == outputs.end()) {
      std::vector<std::string> names;
      for (const SharedOutput& output : outputs) names.push_back(output.name());
      return absl::InvalidArgumentError(
          absl::StrCat("unexpected inference output '", name, "' for model '",
                       model, "'; the model's outputs are ", Names(names)));
    }
    selected.push_back(take(*found));
  }
  return selected;
}

// The host's memory is not helped by running less at a time: others take it. A
// budget is each run's own.
bool IsShortOfDeviceMemory(const absl::Status& error) {
  return DeviceSeat::Current() != nullptr && absl::IsResourceExhausted(error) &&
         !IsOverBudget(error);
}

// When the last of the requests is given up by its client.
MonoTime LastDeadline(const Batch& batch) {
  MonoTime last = MonoTime::min();
  for (const InferTask* task : batch.tasks) {
    last = std::max(last, task->deadline);
  }
  return last;
}

}  // namespace

TorchExecutor::TorchExecutor(ServableId id, const Parts& parts)
    : id_(std::move(id)),
      parts_(parts),
      watched_(id_, parts.method, parts.limit) {}

MonoDuration TorchExecutor::Execute(const Batch& batch) {
  return Execute(batch, batch.tasks, Attempt::kFirst);
}

MonoDuration TorchExecutor::Execute(const Batch& batch, Tasks left,
                                    Attempt attempt) {
  RequestTrace trace = batch.tasks.front()->trace;
  const absl::StatusOr<Outputs> outputs = Run(batch, left, &trace);
  if (!outputs.ok()) {
    const MonoDuration took = Clock::Real()->Now() - trace.batch_start;
    if (LaneWatch::IsCurrentStuck()) return took;  // the tasks are gone
    return took + Recover(batch, outputs.status(), attempt);
  }
  parts_.telemetry->RecordExecution(trace);
  Observe(batch, *outputs);
  FinishAll(batch, *outputs, trace);
  return trace.batch_end - trace.batch_start;
}

MonoDuration TorchExecutor::Recover(const Batch& batch,
                                    const absl::Status& error,
                                    Attempt attempt) {
  const size_t tasks = batch.tasks.size();
  const bool is_short = IsShortOfDeviceMemory(error);
  if (is_short && attempt == Attempt::kFirst) {
    LogWarning("a device is short of memory; the batch runs again in halves",
               {{"model", id_.model},
                {"requests", static_cast<int64_t>(tasks)},
                {"reason", error.message()}});
    DeviceSeat::Current()->lane()->device()->FreeCache();
    return RunInParts(batch, (tasks + 1) / 2, Attempt::kSecond);
  }
  const bool may_be_one_request = !is_short && !IsDeviceFailure(error);
  if (tasks > 1 && may_be_one_request) {
    LogWarning("merged batch failed; its requests run one by one",
               {{"model", id_.model},
                {"requests", static_cast<int64_t>(tasks)},
                {"reason", error.message()}});
    return RunInParts(batch, 1, attempt);
  }
  for (InferTask* task : batch.tasks) FailOne(task, error, tasks == 1);
  return MonoDuration::zero();
}

void TorchExecutor::FailOne(InferTask* task, const absl::Status& error,
                            bool was_alone) const {
  absl::Status failed(
      error.code(), absl::StrCat("model '", id_.model, "': ", error.message(),
                                 "; the inputs were ", Describe(task->inputs)));
  if (DeviceSeat::Current() != nullptr && absl::IsInternal(error)) {
    LogWarning("a request failed on a device",
               {{"model", id_.model}, {"reason", failed.message()}});
  }
  if (was_alone && absl::IsResourceExhausted(failed)) {
    failed = WithoutRetry(failed);
  }
  task->Finish(failed);
}

MonoDuration TorchExecutor::RunInParts(const Batch& batch, size_t tasks,
                                       Attempt attempt) {
  MonoDuration took = MonoDuration::zero();
  for (Tasks left = batch.tasks; !left.empty();) {
    const Tasks mine = left.first(std::min(tasks, left.size()));
    Batch part = {{mine.begin(), mine.end()}, 0, batch.state};
    for (const InferTask* task : mine) part.rows += task->rows;
    for (InferTask* task : mine) {
      task->trace.batch_start = Clock::Real()->Now();
      task->trace.batch_rows = part.rows;
    }
    took += Execute(part, left, attempt);
    if (LaneWatch::IsCurrentStuck()) break;
    left.remove_prefix(mine.size());
  }
  return took;
}

absl::StatusOr<TorchExecutor::Outputs> TorchExecutor::Run(
    const Batch& batch, Tasks left, RequestTrace* trace) const {
  const Clock* const clock = Clock::Real();
  const InferTask& first = *batch.tasks.front();
  MethodCall::Options options;
  if (first.priority < parts_.default_priority) {
    options.priority = StreamPriority::kHigh;
  }
  options.graphs = parts_.graphs;
  options.stackable = first.stackable;
  MethodCall call(parts_.method, options);
  RETURN_IF_ERROR(call.Bind(batch.tasks));
  std::unique_ptr<ModuleState> state;
  std::vector<NamedTensor> tensors;
  trace->forward_start = clock->Now();
  RETURN_IF_ERROR(RunInTime(batch, left, [&]() -> absl::Status {
    const auto set_state = [&](torch::jit::Stack* stack) {
      return SetState(batch, call.is_on_lane(), stack, &state);
    };
    ASSIGN_OR_RETURN(tensors, call.Run(set_state));
    return absl::OkStatus();
  }));
  trace->forward_end = clock->Now();
  ASSIGN_OR_RETURN(Outputs outputs, BindAndShare(std::move(tensors)));
  if (batch.tasks.size() > 1) RETURN_IF_ERROR(CheckRows(batch, outputs));
  trace->batch_end = clock->Now();
  if (batch.state != nullptr) *batch.state = std::move(state);
  return outputs;
}

absl::Status TorchExecutor::SetState(
    const Batch& batch, bool on_device, torch::jit::Stack* stack,
    std::unique_ptr<ModuleState>* state) const {
  if (parts_.states == nullptr) return absl::OkStatus();
  return TorchCall([&] {
    *state = parts_.states->Copy(batch.state ? batch.state->get() : nullptr);
    stack->front() = (*state)->self();
    // What the module keeps of its inputs must not lie in staging memory.
    for (size_t i = 1; on_device && i < stack->size(); ++i) {
      (*stack)[i] = (*stack)[i].deepcopy();
    }
  });
}

absl::Status TorchExecutor::RunInTime(
    const Batch& batch, Tasks left,
    absl::FunctionRef<absl::Status()> call) const {
  const ExecutionLimit& allowed = *parts_.limit;
  const MonoTime limit = After(Clock::Real()->Now(), allowed.time);
  const MonoTime last = LastDeadline(batch);
  const ExecutionDeadline deadline(std::min(limit, last));
  const MemoryBudget budget(allowed.memory);
  absl::Status called = watched_.Run(left, call);
  if (!called.ok() && budget.refused_bytes() > 0) {
    return OverBudget(budget.refused_bytes(), allowed.memory);
  }
  if (called.ok() || !deadline.passed()) return called;
  if (last < limit) {
    return absl::DeadlineExceededError(
        "the request's deadline passed while the model ran; a loop of the "
        "model was interrupted");
  }
  return absl::DeadlineExceededError(absl::StrCat(
      "a loop of the model was interrupted after ",
      absl::FormatDuration(absl::FromChrono(allowed.time)),
      ", the longest that --max-execution-time allows; send less or raise it"));
}

absl::StatusOr<TorchExecutor::Outputs> TorchExecutor::BindAndShare(
    std::vector<NamedTensor> tensors) const {
  const auto signature = parts_.signature->Get();
  if (AreDeclared(signature->outputs)) {
    RETURN_IF_ERROR(BindOutputs(signature->outputs, &tensors));
  } else if (signature->output_names.size() == tensors.size()) {
    for (size_t i = 0; i < tensors.size(); ++i) {
      tensors[i].name = signature->output_names[i];
    }
  }
  Outputs outputs;
  RETURN_IF_ERROR(TorchCall([&] {
    for (NamedTensor& t : tensors) {
      outputs.emplace_back(std::move(t.name), t.tensor, t.strings);
    }
  }));
  return outputs;
}

// What a model returns for a merged batch can only be handed out when every
// output has one row per row that went in.
absl::Status TorchExecutor::CheckRows(const Batch& batch,
                                      const Outputs& outputs) const {
  for (const SharedOutput& output : outputs) {
    if (output.shape().empty() || output.shape()[0] != batch.rows) {
      return absl::InternalError(absl::StrCat(
          "output '", output.name(), "' has shape ",
          ShapeToString(output.shape()), " for a batch of ", batch.rows,
          " rows, so the model cannot be batched; set max_batch_size to 0"));
    }
  }
  return absl::OkStatus();
}

void TorchExecutor::Observe(const Batch& batch, const Outputs& outputs) const {
  absl::InlinedVector<ObservedTensor, 4> in;
  for (const InputTensor& input : batch.tasks.front()->inputs) {
    in.push_back({input.name, input.type, input.shape, input.spec});
  }
  absl::InlinedVector<ObservedTensor, 4> out;
  for (const SharedOutput& output : outputs) {
    out.push_back({output.name(), output.type(), output.shape()});
  }
  parts_.signature->Observe(in, out);
  if (batch.tasks.front()->is_sample) {
    parts_.gate->AddSample(*batch.tasks.front());
  }
}

void TorchExecutor::FinishAll(const Batch& batch, const Outputs& outputs,
                              const RequestTrace& trace) const {
  const bool alone = batch.tasks.size() == 1;
  int64_t first = 0;
  for (InferTask* task : batch.tasks) {
    task->trace.forward_start = trace.forward_start;
    task->trace.forward_end = trace.forward_end;
    task->trace.batch_end = trace.batch_end;
    const int64_t rows = task->rows;
    task->Finish(SelectOutputs(id_.model, *task, outputs, alone, first));
    first += rows;
  }
}

}  // namespace sconce
