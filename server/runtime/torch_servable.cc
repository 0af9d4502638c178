#include "server/runtime/torch_servable.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "server/base/status_macros.h"

namespace sconce {

TorchServable::TorchServable(ServableId id, ServableConfig config,
                             std::shared_ptr<ServableMetrics> metrics,
                             std::vector<ServableLanes> lanes,
                             const ExecutionLimit& limit,
                             std::unique_ptr<const ModuleStates> states)
    : id_(std::move(id)),
      config_(std::move(config)),
      telemetry_(std::move(metrics)),
      lanes_(std::move(lanes)),
      share_(std::make_shared<FairShare>(config_.weight)),
      limit_(WithQueues(limit)),
      states_(std::move(states)),
      sequences_({.model = id_.model,
                  .max_sequences = config_.max_sequences,
                  .max_idle = config_.max_sequence_idle,
                  .max_queue_size = config_.max_queue_size,
                  .share = share_,
                  .alarms = lanes_.front().serving->alarms()},
                 lanes_.front().loading, &telemetry_) {}

TorchServable::~TorchServable() {
  sequences_.Drain();
  for (const auto& [name, method] : methods_) method->Drain();
}

ExecutionLimit TorchServable::WithQueues(const ExecutionLimit& limit) {
  ExecutionLimit made = limit;
  made.listener.suspend = [this, suspend = limit.listener.suspend](
                              const ServableId& id, const absl::Status& why) {
    suspend(id, why);  // first, so that the queues stay empty
    RefuseQueued(why);
  };
  return made;
}

void TorchServable::RefuseQueued(const absl::Status& why) {
  const absl::Status status(
      why.code(), absl::StrCat("model '", id_.model, "' is suspended: ",
                               why.message(), "; the request was not run"));
  for (const auto& [name, method] : methods_) {
    method->RefuseQueued(status);
  }
  sequences_.RefuseQueued(status);
}

void TorchServable::AddMethod(std::vector<ModuleMethod> methods,
                              ModelSignature signature) {
  const std::string name = methods.front().name();
  const ServedMethod::Shared shared = {
      id_,    config_,     limit_,        lanes_,
      share_, &telemetry_, states_.get(), states_ ? &sequences_ : nullptr};
  methods_[name] = std::make_unique<ServedMethod>(shared, std::move(methods),
                                                  std::move(signature));
}

void TorchServable::AddUncallable(const std::string& method,
                                  absl::Status reason) {
  uncallable_[method] = std::move(reason);
}

absl::StatusOr<ServedMethod*> TorchServable::Find(
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
  ASSIGN_OR_RETURN(const ServedMethod* const found, Find(method));
  return found->signature();
}

std::vector<std::string> TorchServable::methods() const {
  std::vector<std::string> names;
  for (const auto& [name, method] : methods_) names.push_back(name);
  return names;
}

BatchingVerdict TorchServable::batching(absl::string_view method) const {
  const auto found = Find(method);
  return found.ok() ? (*found)->batching() : BatchingVerdict();
}

void TorchServable::AdoptBatching(absl::string_view method,
                                  const BatchingVerdict& verdict) {
  const auto found = Find(method);
  if (found.ok()) (*found)->AdoptBatching(verdict);
}

absl::Status TorchServable::TryExamples(
    absl::string_view method, const std::vector<InferTask*>& examples) {
  ASSIGN_OR_RETURN(ServedMethod* const found, Find(method));
  return found->TryExamples(examples);
}

void TorchServable::WarmLanes(absl::string_view method,
                              const InferTask& example, int64_t times) {
  const auto found = Find(method);
  if (found.ok()) (*found)->WarmLanes(example, times);
}

void TorchServable::UseOnly(std::optional<size_t> device) {
  for (const auto& [name, method] : methods_) method->UseOnly(device);
}

void TorchServable::RecordGraphs(absl::string_view method, InferTask* example) {
  const auto found = Find(method);
  if (found.ok()) (*found)->RecordGraphs(example);
}

std::map<std::string, int64_t> TorchServable::graphs_bytes() const {
  std::map<std::string, int64_t> bytes;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    if (lanes_[i].device_lanes.empty()) continue;
    int64_t& sum = bytes[lanes_[i].device_lanes.front()->device()->name()];
    for (const auto& [name, method] : methods_) sum += method->graphs_bytes(i);
  }
  return bytes;
}

int64_t TorchServable::max_rows(absl::string_view method) const {
  const auto found = Find(method);
  return found.ok() ? (*found)->max_rows() : 1;
}

void TorchServable::Open() {
  for (const auto& [device, bytes] : graphs_bytes()) {
    telemetry_.RecordGraphs(device, bytes);
  }
  telemetry_.StartCounting();
  sequences_.SetLanes(lanes_.front().serving);
  for (const auto& [name, method] : methods_) method->Open();
}

ServableActivity TorchServable::activity() const {
  ServableActivity now = {.memory_bytes = memory_bytes_,
                          .queued = sequences_.queued(),
                          .sequences = sequences_.sequences()};
  for (const auto& [name, method] : methods_) {
    now.queued += method->queued();
    for (const auto& [rows, took] : method->latencies()) {
      now.latencies[rows] = std::max(now.latencies[rows], took);
    }
  }
  return now;
}

absl::Status TorchServable::Schedule(InferTask* task) {
  ASSIGN_OR_RETURN(ServedMethod* const method, Find(task->method));
  return method->Schedule(task);
}

}  // namespace sconce
