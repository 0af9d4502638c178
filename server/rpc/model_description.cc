#include "server/rpc/model_description.h"

#include <chrono>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

using management::v1::GetModelRequest;
using management::v1::GetModelResponse;

absl::StatusOr<ServableReport> FindReport(const Manager& manager,
                                          const GetModelRequest& request) {
  std::optional<ServableReport> found;
  for (ServableReport& report : manager.Index()) {  // by name, then version
    if (report.id.model != request.name()) continue;
    if (request.version() == 0 || request.version() == report.id.version) {
      found = std::move(report);
    }
  }
  if (found) return *std::move(found);
  const std::string version =
      request.version() == 0 ? ""
                             : absl::StrCat(" version ", request.version());
  return absl::NotFoundError(absl::StrCat(
      "model '", request.name(), "'", version,
      " is not found; RepositoryIndex lists the models of this server"));
}

void AddStep(const LoadStep& step, GetModelResponse* response) {
  auto* const added = response->add_load_steps();
  added->set_name(step.name);
  const auto nanos =
      std::chrono::duration_cast<std::chrono::nanoseconds>(step.took).count();
  constexpr int64_t kSecond = 1'000'000'000;
  added->mutable_duration()->set_seconds(nanos / kSecond);
  added->mutable_duration()->set_nanos(static_cast<int32_t>(nanos % kSecond));
}

}  // namespace

absl::Status DescribeModel(const Manager& manager,
                           const GetModelRequest& request,
                           GetModelResponse* response) {
  ASSIGN_OR_RETURN(const ServableReport report, FindReport(manager, request));
  response->set_name(report.id.model);
  response->set_version(report.id.version);
  response->set_state(std::string(ServableStateName(report.state)));
  response->set_reason(std::string(report.status.message()));
  for (const LoadStep& step : report.load_steps) AddStep(step, response);
  const auto servable = manager.GetHandle(report.id.model, report.id.version);
  if (!servable.ok()) return absl::OkStatus();
  for (const std::string& name : (*servable)->methods()) {
    auto* const method = response->add_methods();
    method->set_name(name);
    method->set_batching((*servable)->batching(name).text);
  }
  return absl::OkStatus();
}

}  // namespace sconce
