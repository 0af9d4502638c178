#include "server/rpc/repository_index.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/rpc/repository_parameters.h"

namespace sconce {
namespace {

using inference::RepositoryIndexResponse;

void AddVersion(const ServableReport& report,
                RepositoryIndexResponse* response) {
  auto* model = response->add_models();
  model->set_name(report.id.model);
  model->set_version(absl::StrCat(report.id.version));
  const absl::string_view state = ServableStateName(report.state);
  model->set_state(state.data(), state.size());
  const absl::string_view reason = report.status.message();
  model->set_reason(reason.data(), reason.size());
}

void AddUnloaded(const std::string& name, RepositoryIndexResponse* response) {
  auto* model = response->add_models();
  model->set_name(name);
  model->set_state("UNAVAILABLE");
  model->set_reason("unloaded");
}

// Models by name, of which those in `reports` are left out, too by name.
std::vector<std::string> Unloaded(const std::vector<RepositoryModel>& models,
                                  const std::vector<ServableReport>& reports) {
  std::vector<std::string> names;
  auto report = reports.begin();
  for (const RepositoryModel& model : models) {
    while (report != reports.end() && report->id.model < model.name) ++report;
    if (report == reports.end() || report->id.model != model.name) {
      names.push_back(model.name);
    }
  }
  return names;
}

}  // namespace

absl::Status ReportIndex(const Manager& manager, const ModelControl* control,
                         const inference::RepositoryIndexRequest& request,
                         RepositoryIndexResponse* response) {
  RETURN_IF_ERROR(CheckRepositoryName(request.repository_name()));
  const std::vector<ServableReport> reports = manager.Index();
  std::vector<std::string> unloaded;
  if (control != nullptr && !request.ready()) {
    unloaded = Unloaded(control->RepositoryModels(), reports);
  }
  auto next = unloaded.begin();
  for (const ServableReport& report : reports) {
    for (; next != unloaded.end() && *next < report.id.model; ++next) {
      AddUnloaded(*next, response);
    }
    if (request.ready() && report.state != ServableState::kReady) continue;
    AddVersion(report, response);
  }
  for (; next != unloaded.end(); ++next) AddUnloaded(*next, response);
  return absl::OkStatus();
}

}  // namespace sconce
