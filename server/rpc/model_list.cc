#include "server/rpc/model_list.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace sconce {
namespace {

using management::v1::ListModelsResponse;
using management::v1::VersionSummary;

using Versions = std::map<int64_t, VersionSummary>;

VersionSummary Summarize(const ServableReport& report) {
  VersionSummary summary;
  summary.set_version(report.id.version);
  summary.set_state(std::string(ServableStateName(report.state)));
  summary.set_reason(std::string(report.status.message()));
  return summary;
}

VersionSummary Unloaded(int64_t version) {
  VersionSummary summary;
  summary.set_version(version);
  summary.set_state("UNAVAILABLE");
  summary.set_reason("unloaded");
  return summary;
}

}  // namespace

void ListModels(const Manager& manager, const ModelControl* control,
                ListModelsResponse* response) {
  std::map<std::string, Versions> models;
  for (const ServableReport& report : manager.Index()) {
    models[report.id.model][report.id.version] = Summarize(report);
  }
  if (control != nullptr) {
    for (const RepositoryModel& model : control->RepositoryModels()) {
      Versions& versions = models[model.name];
      for (const int64_t v : model.versions) versions.emplace(v, Unloaded(v));
    }
  }
  for (auto& [name, versions] : models) {
    auto* const model = response->add_models();
    model->set_name(name);
    for (auto& [v, summary] : versions) {
      *model->add_versions() = std::move(summary);
    }
    if (control != nullptr) SetRoutes(control->Routes(name), model);
  }
}

}  // namespace sconce
