#include "server/runtime/served_method.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/types/span.h"

#include "server/base/status_macros.h"
#include "server/batching/split_request.h"
#include "server/core/warmup.h"
#include "server/runtime/graph_recorder.h"
#include "server/runtime/lane_warmup.h"

namespace sconce {
namespace {

// What a full batch takes where running in parts is worth it: a part costs
// some 35 us beside its run (tasks, queue, gather, join).
constexpr auto kLongBatch = std::chrono::milliseconds(1);

// Whether a batch of `rows` rows is known to be long, by what those took that
// had several. Runs of one row say little: requests that nothing is proven for
// count as one row, whatever they have.
bool IsLong(const std::map<int64_t, MonoDuration>& latencies, int64_t rows) {
  const auto larger = latencies.upper_bound(rows);
  if (larger == latencies.begin()) return false;
  const auto [known, took] = *std::prev(larger);
  return known > 1 && took * rows / known >= kLongBatch;
}

}  // namespace

ServedMethod::ServedMethod(const Shared& shared,
                           std::vector<ModuleMethod> methods,
                           ModelSignature signature)
    : shared_(shared),
      method_(methods.front()),
      signature_(std::move(signature)),
      gate_(MakeGate()) {
  AddReplicas(std::move(methods));
  DecideBatching();
}

void ServedMethod::AddReplicas(std::vector<ModuleMethod> methods) {
  TorchExecutor::Parts parts = {};
  parts.states = shared_.states;
  parts.signature = &signature_;
  parts.telemetry = shared_.telemetry;
  parts.limit = &shared_.limit;
  parts.default_priority = shared_.config.default_priority_level;
  parts.gate = gate_.get();
  for (size_t i = 0; i < methods.size(); ++i) {
    const ServableLanes& lanes = shared_.lanes[i];
    BatchScheduler::Options options = SchedulerOptions();
    if (!lanes.device_lanes.empty()) {
      options.max_running = shared_.config.placement.count * lanes.depth;
    }
    replicas_.push_back(std::make_unique<MethodReplica>(
        shared_.id, std::move(methods[i]), parts, lanes, std::move(options)));
  }
}

BatchScheduler::Options ServedMethod::SchedulerOptions() const {
  const ServableConfig& config = shared_.config;
  BatchScheduler::Options options;
  options.model = shared_.id.model;
  options.max_queue_size = config.max_queue_size;
  options.default_priority = config.default_priority_level;
  options.share = shared_.share;
  return options;
}

MethodReplica* ServedMethod::LeastLoaded() const {
  if (replicas_.size() == 1) return first();
  if (MethodReplica* const only = only_) return only;
  const size_t begin = turn_.fetch_add(1, std::memory_order_relaxed);
  MethodReplica* best = nullptr;
  for (size_t i = 0; i < replicas_.size(); ++i) {
    MethodReplica* const replica =
        replicas_[(begin + i) % replicas_.size()].get();
    if (best == nullptr || replica->Backlog() < best->Backlog()) {
      best = replica;
    }
  }
  return best;
}

void ServedMethod::Drain() {
  gate_->Stop();
  for (const auto& replica : replicas_) replica->scheduler()->Drain();
}

void ServedMethod::RefuseQueued(const absl::Status& why) {
  for (const auto& replica : replicas_) replica->scheduler()->RefuseQueued(why);
}

int64_t ServedMethod::queued() const {
  int64_t queued = 0;
  for (const auto& replica : replicas_) {
    queued += replica->scheduler()->queued();
  }
  return queued;
}

std::map<int64_t, MonoDuration> ServedMethod::latencies() const {
  std::map<int64_t, MonoDuration> slowest;
  for (const auto& replica : replicas_) {
    for (const auto& [rows, took] : replica->scheduler()->latencies()) {
      slowest[rows] = std::max(slowest[rows], took);
    }
  }
  return slowest;
}

std::shared_ptr<BatchGate> ServedMethod::MakeGate() {
  const int64_t declared = signature_.Get()->max_batch_size;
  return BatchGate::Create(
      {.id = shared_.id,
       .max_rows = declared > 0 ? declared : shared_.config.max_undeclared_rows,
       .declared = declared > 0,
       .limit = &shared_.limit,
       .lanes = shared_.lanes.front().serving,
       .set_rows = [this](int64_t rows) { SetMaxBatchRows(rows); }},
      &method_);
}

void ServedMethod::SetMaxBatchRows(int64_t rows) {
  shared_.telemetry->RecordBatching(method_.name(), rows);
  if (rows > 0) signature_.SetAnyRows();
  for (const auto& replica : replicas_) {
    replica->scheduler()->SetMaxBatchRows(rows);
  }
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
  return CheckInputs(*signature_.Get(), shared_.id.model, &task->inputs,
                     task->parameters);
}

absl::Status ServedMethod::Classify(const MethodReplica& replica,
                                    InferTask* task) const {
  const auto signature = signature_.Get();
  const std::string& model = shared_.id.model;
  const absl::StatusOr<int64_t> counted =
      CountRows(*signature, model, task->inputs);
  const int64_t rows = CommonRows(task->inputs).value_or(0);
  const bool too_large = rows > gate_->max_rows();
  if (!counted.ok() && !too_large) return counted.status();
  gate_->Classify(rows, task);
  if (too_large)
    task->stackable = task->stackable && ShouldRunInParts(replica, rows);
  // Until it is known whether rows are independent they run as one execution.
  const bool is_one = too_large && !counted.ok() && gate_->IsUndecided(*task);
  const bool all_count = (task->stackable || is_one) && rows > 0;
  if (!all_count) RETURN_IF_ERROR(counted.status());
  task->rows = all_count ? rows : *counted;
  return absl::OkStatus();
}

bool ServedMethod::ShouldRunInParts(const MethodReplica& replica,
                                    int64_t rows) const {
  const int64_t most = replica.scheduler()->max_batch_rows();
  if (most == 0 || (rows - 1) / most >= shared_.config.max_queue_size) {
    return false;
  }
  const bool could_be_one = signature_.Get()->max_batch_size == 0;
  return !could_be_one || IsLong(replica.scheduler()->latencies(), most);
}

void ServedMethod::ApplyDefaults(InferTask* task) const {
  const ServableConfig& config = shared_.config;
  if (task->priority < 1 || task->priority > config.priority_levels) {
    task->priority = config.default_priority_level;
  }
  const bool has_slo = is_open_ && config.slo > MonoDuration::zero();
  if (has_slo && task->deadline == kNoDeadline) {
    task->deadline = task->trace.received + config.slo;
  }
}

std::unique_ptr<PaddedRequest> ServedMethod::Pad(InferTask* task) const {
  if (!IsPadded()) return nullptr;
  return PaddedRequest::Make(
      {shared_.id.model, &shared_.config.padding, shared_.telemetry}, task);
}

absl::Status ServedMethod::Schedule(InferTask* task) {
  RETURN_IF_ERROR(Check(task));
  ApplyDefaults(task);
  std::unique_ptr<PaddedRequest> padded = Pad(task);
  if (padded == nullptr) return Enqueue(task);
  RETURN_IF_ERROR(Enqueue(padded.get()));
  static_cast<void>(padded.release());  // its own now, and maybe gone
  return absl::OkStatus();
}

absl::Status ServedMethod::Enqueue(InferTask* task) {
  MethodReplica* const replica = LeastLoaded();
  BatchScheduler* const scheduler = replica->scheduler();
  RETURN_IF_ERROR(Classify(*replica, task));
  if (task->sequence && shared_.sequences != nullptr) {
    return shared_.sequences->Schedule(task, replica->executor());
  }
  if (!task->stackable || task->rows <= gate_->max_rows()) {
    return scheduler->Schedule(task);
  }
  return SplitRequest::Schedule(
      shared_.id.model, std::max<int64_t>(1, scheduler->max_batch_rows()), task,
      [&](absl::Span<InferTask* const> parts) {
        return scheduler->Schedule(parts);
      });
}

int64_t ServedMethod::max_rows() const {
  return std::max({int64_t{1}, signature_.Get()->max_batch_size,
                   first()->scheduler()->max_batch_rows()});
}

void ServedMethod::Open() {
  signature_.Open();
  for (const auto& replica : replicas_) {
    replica->scheduler()->SetLanes(replica->lanes().serving);
    replica->scheduler()->SetRules(
        {.max_delay = shared_.config.max_queue_delay,
         .preferred_rows = shared_.config.preferred_batch_sizes,
         .slo = shared_.config.slo});
  }
  is_open_ = true;
  gate_->AcceptSamples();
}

void ServedMethod::UseOnly(std::optional<size_t> device) {
  only_ = device ? replicas_.at(*device).get() : nullptr;
}

void ServedMethod::WarmLanes(const InferTask& example, int64_t times) const {
  for (const auto& replica : replicas_) {
    if (replica->lanes().device_lanes.empty()) continue;
    WarmLanes(replica.get(), example, 1);
    if (times > 1) WarmLanes(replica.get(), example, times);
  }
}

void ServedMethod::WarmLanes(MethodReplica* replica, const InferTask& example,
                             int64_t times) const {
  std::vector<std::unique_ptr<WaitingTask>> tasks;
  for (int i = 0; i < replica->lanes().serving->lanes(); ++i) {
    tasks.push_back(RepeatRows(example, times));
    ApplyDefaults(tasks.back().get());
    absl::Status fits = Check(tasks.back().get());
    if (fits.ok()) fits = Classify(*replica, tasks.back().get());
    if (!fits.ok()) return;
  }
  sconce::WarmLanes(std::move(tasks), replica);
}

void ServedMethod::RecordGraphs(InferTask* example) {
  using Graphs = ServableConfig::Graphs;
  if (shared_.config.graphs == Graphs::kOff) return;
  const bool stackable = example != nullptr && example->stackable;
  const int64_t rows =
      stackable ? first()->scheduler()->max_batch_rows() : int64_t{1};
  for (const auto& replica : replicas_) {
    GraphRequest request = {shared_.id, shared_.config.graphs, example, rows};
    request.changes_itself = shared_.states != nullptr;
    if (IsPadded()) request.padding = shared_.config.padding;
    sconce::RecordGraphs(request, replica.get());
  }
}

absl::Status ServedMethod::TryExamples(
    const std::vector<InferTask*>& examples) {
  for (InferTask* example : examples) {
    RETURN_IF_ERROR(Check(example));
    RETURN_IF_ERROR(Classify(*first(), example));
  }
  gate_->TryExamples(examples);
  return absl::OkStatus();
}

}  // namespace sconce
