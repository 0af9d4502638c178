#include "server/rpc/model_description.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/rpc/model_list.h"
#include "server/rpc/model_versions.h"

namespace sconce {
namespace {

using management::v1::GetModelRequest;
using management::v1::GetModelResponse;

absl::Status UnknownModel(const std::string& model,
                          std::optional<int64_t> version) {
  return absl::NotFoundError(absl::StrCat(
      "model '", model, "'", version ? absl::StrCat(" version ", *version) : "",
      " is not found; RepositoryIndex lists the models of this server"));
}

// Of a version that lies in a repository and is not loaded.
absl::StatusOr<ServableReport> UnloadedReport(const ModelControl* control,
                                              const std::string& model,
                                              std::optional<int64_t> version) {
  if (control == nullptr) return UnknownModel(model, version);
  for (const RepositoryModel& found : control->RepositoryModels()) {
    if (found.name != model || found.versions.empty()) continue;
    const int64_t wanted = version.value_or(found.versions.back());
    if (!std::binary_search(found.versions.begin(), found.versions.end(),
                            wanted)) {
      break;
    }
    return ServableReport{{model, wanted},
                          ServableState::kDisabled,
                          absl::UnavailableError("unloaded"),
                          {}};
  }
  return UnknownModel(model, version);
}

// That of `version`, else of the highest that is registered, if any is.
absl::StatusOr<ServableReport> FindReport(const Manager& manager,
                                          const ModelControl* control,
                                          const std::string& model,
                                          std::optional<int64_t> version) {
  std::optional<ServableReport> found;
  for (ServableReport& report : manager.Index()) {  // by name, then version
    if (report.id.model != model) continue;
    if (!version || *version == report.id.version) found = std::move(report);
  }
  if (found) return *std::move(found);
  return UnloadedReport(control, model, version);
}

void Set(MonoDuration took, google::protobuf::Duration* out) {
  constexpr int64_t kSecond = 1'000'000'000;
  out->set_seconds(ToNanoseconds(took) / kSecond);
  out->set_nanos(static_cast<int32_t>(ToNanoseconds(took) % kSecond));
}

void AddStep(const LoadStep& step, GetModelResponse* response) {
  auto* const added = response->add_load_steps();
  added->set_name(step.name);
  Set(step.took, added->mutable_duration());
}

void Describe(const TensorSpec& spec, management::v1::TensorInfo* out) {
  out->set_name(InputPattern(spec));
  if (spec.type) out->set_datatype(std::string(DataTypeName(*spec.type)));
  out->set_has_shape(spec.shape.has_value());
  if (spec.shape) {
    out->mutable_shape()->Add(spec.shape->begin(), spec.shape->end());
  }
  out->set_optional(spec.optional);
}

void AddMethod(const Servable& servable, const std::string& name,
               GetModelResponse* response) {
  auto* const method = response->add_methods();
  method->set_name(name);
  method->set_batching(servable.batching(name).text);
  const auto signature = servable.signature(name);
  if (!signature.ok()) return;
  for (const TensorSpec& spec : (*signature)->inputs) {
    Describe(spec, method->add_inputs());
  }
  for (const TensorSpec& spec : (*signature)->outputs) {
    Describe(spec, method->add_outputs());
  }
}

void SetActivity(const ServableActivity& activity,
                 management::v1::ModelActivity* out) {
  out->set_memory_bytes(activity.memory_bytes);
  out->set_queued(activity.queued);
  out->set_sequences(activity.sequences);
  for (const auto& [rows, took] : activity.latencies) {
    auto* const time = out->add_execution_times();
    time->set_rows(rows);
    Set(took, time->mutable_duration());
  }
}

}  // namespace

absl::Status DescribeModel(const Manager& manager, const ModelControl* control,
                           const GetModelRequest& request,
                           GetModelResponse* response) {
  ASSIGN_OR_RETURN(const std::optional<int64_t> version,
                   NamedVersion(control, request.name(), request.version(),
                                request.alias()));
  ASSIGN_OR_RETURN(const ServableReport report,
                   FindReport(manager, control, request.name(), version));
  response->set_name(report.id.model);
  response->set_version(report.id.version);
  response->set_state(std::string(ServableStateName(report.state)));
  response->set_reason(std::string(report.status.message()));
  if (report.load_steps != nullptr) {
    for (const LoadStep& step : *report.load_steps) AddStep(step, response);
  }
  if (control != nullptr) SetRoutes(control->Routes(request.name()), response);
  const auto servable = manager.GetHandle(report.id.model, report.id.version);
  if (!servable.ok()) return absl::OkStatus();
  for (const std::string& name : (*servable)->methods()) {
    AddMethod(**servable, name, response);
  }
  SetActivity((*servable)->activity(), response->mutable_activity());
  response->mutable_activity()->set_in_flight(servable->in_flight() - 1);
  return absl::OkStatus();
}

}  // namespace sconce
