// RepositoryController's half that moves requests between versions.
#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/sources/repository_controller.h"
#include "server/sources/repository_path.h"
#include "server/telemetry/log.h"

namespace sconce {

void RepositoryController::SetAliases(const std::string& model,
                                      const std::map<std::string, int64_t>& set,
                                      const std::vector<std::string>& remove,
                                      const Done& done) {
  Keep(/*make_folder=*/true);
  const absl::Status routable = CheckRoutable(model, !set.empty());
  if (!routable.ok()) return done(routable);
  ModelRoutes routes = Routes(model);
  for (const auto& [alias, version] : set) {
    absl::Status status = CheckAlias(alias);
    if (status.ok()) status = CheckReady(model, version);
    if (!status.ok()) return done(status);
    routes.aliases[alias] = version;
  }
  for (const std::string& alias : remove) {
    if (routes.aliases.erase(alias) > 0 && set.count(alias) == 0) continue;
    return done(absl::NotFoundError(absl::StrCat(
        "'", model, "' has no alias ", QuotedName(alias), " to remove")));
  }
  done(StoreRoutes(model, std::move(routes)));
}

void RepositoryController::SetTraffic(const std::string& model,
                                      const std::vector<TrafficShare>& shares,
                                      const Done& done) {
  Keep(/*make_folder=*/true);
  absl::Status status = CheckTraffic(shares);
  for (const TrafficShare& share : shares) {
    if (status.ok()) status = CheckReady(model, share.version);
  }
  if (status.ok()) status = CheckRoutable(model, !shares.empty());
  if (!status.ok()) return done(status);
  ModelRoutes routes = Routes(model);
  routes.traffic = shares;
  done(StoreRoutes(model, std::move(routes)));
}

// The earlier version is loaded beside the newer ones, then requests are led
// to it, then the newer ones go: none is without an answer meanwhile.
void RepositoryController::Rollback(const std::string& model,
                                    const VersionDone& done) {
  absl::Status status = CheckExplicit("a rollback");
  if (status.ok()) Keep(/*make_folder=*/true);
  const auto scanned = Scan(model);
  if (status.ok()) status = scanned.status();
  const auto target = status.ok() ? EarlierVersion(*scanned) : std::nullopt;
  if (status.ok() && !target) {
    status = absl::FailedPreconditionError(
        absl::StrCat("'", model,
                     "' has no earlier version to go back to; "
                     "LoadModel takes the number of the one that is wanted"));
  }
  if (!status.ok()) return done(status);
  AspiredModel wanted = Wanted(model);
  if (!Has(wanted.versions, *target)) {
    wanted.versions.push_back(SpecOf(*scanned, *target));
  }
  wanted.retry_failed = true;
  wanted.wait_for = {*target};
  ++loads_under_way_;
  Aspire(std::move(wanted),
         [this, model, target = *target, replaced = ServedVersion(model),
          done](const absl::Status&) {
           --loads_under_way_;
           FinishRollback(model, target, replaced, done);
         });
}

void RepositoryController::FinishRollback(const std::string& model,
                                          int64_t target,
                                          std::optional<int64_t> replaced,
                                          const VersionDone& done) {
  const absl::Status ready = CheckReady(model, target);
  if (!ready.ok()) {
    WantWhatServes(Wanted(model));
    return done(ready);
  }
  ModelRoutes routes = Routes(model);
  routes.traffic.clear();
  for (auto& [alias, version] : routes.aliases) {
    if (version == replaced || version > target) version = target;
  }
  Record(model).routes = routes;
  ApplyRoutes(model, std::move(routes));
  AspiredModel wanted = Wanted(model);
  for (int64_t version : VersionsOf(wanted.versions)) {
    if (version > target) wanted.unload_at_once.push_back(version);
  }
  wanted.versions =
      Without(std::move(wanted.versions),
              {wanted.unload_at_once.begin(), wanted.unload_at_once.end()});
  ModelRecord& record = Record(model);
  while (!record.history.empty() && record.history.back() != target) {
    record.history.pop_back();
  }
  if (!record.history.empty()) record.history.pop_back();
  std::erase_if(record.history, [&](int64_t v) { return v > target; });
  record.loaded = true;
  record.versions = VersionsOf(wanted.versions);
  std::erase_if(record.chosen, [&](int64_t v) { return v > target; });
  Save();
  Aspire(std::move(wanted), [](const absl::Status&) {});
  LogInfo("model rolled back", {{"model", model}, {"version", target}});
  done(target);
}

// The newest of the history that still is in the repository.
std::optional<int64_t> RepositoryController::EarlierVersion(
    const CatalogModel& model) const {
  const auto record = records_.find(model.name);
  if (record == records_.end()) return std::nullopt;
  const auto& history = record->second.history;
  const std::optional<int64_t> served = ServedVersion(model.name);
  for (auto it = history.rbegin(); it != history.rend(); ++it) {
    if (*it != served && absl::c_linear_search(model.versions, *it)) {
      return *it;
    }
  }
  return std::nullopt;
}

// Requests are led elsewhere when a restart will do so, too, or not at all.
absl::Status RepositoryController::StoreRoutes(const std::string& model,
                                               ModelRoutes routes) {
  RegistryState records = records_;
  ModelRecord& record = records[model];
  const std::optional<int64_t> before = ServedVersion(model);
  if (before && before != ServedVersion(model, routes)) {
    record.history.push_back(*before);
  }
  record.routes = routes;
  absl::Status stored = CheckKeeper("it is not stored");
  if (stored.ok()) stored = options_.state_file->Write(records);
  if (absl::IsFailedPrecondition(stored)) {
    WarnNotStored(stored);
  } else if (!stored.ok()) {
    // What failed may have come after the new file was in its place.
    options_.state_file->Write(records_).IgnoreError();
    return stored;
  }
  records_ = std::move(records);
  ApplyRoutes(model, std::move(routes));
  return absl::OkStatus();
}

void RepositoryController::ApplyRoutes(const std::string& model,
                                       ModelRoutes routes) {
  options_.manager->SetRoutes(model, routes).IgnoreError();
  {
    MutexLock lock(&mu_);
    routes_[model] = std::move(routes);
  }
  // What only the old routes kept may go.
  if (options_.mode == ControlMode::kPoll) Refresh();
}

// The highest of those that requests without a version may get, as ServingModel
// says.
std::optional<int64_t> RepositoryController::ServedVersion(
    const std::string& model) const {
  return ServedVersion(model, Routes(model));
}

std::optional<int64_t> RepositoryController::ServedVersion(
    const std::string& model, const ModelRoutes& routes) const {
  const auto serving = options_.manager->Find(model);
  if (serving == nullptr) return std::nullopt;
  std::optional<int64_t> with_share;
  std::optional<int64_t> other;
  for (const ServableReport& report : serving->Reports()) {
    const int64_t version = report.id.version;
    if (!IsLoaded(report.state) || IsWithheld(routes, version)) continue;
    (HasShare(routes, version) ? with_share : other) = version;
  }
  return with_share ? with_share : other;
}

absl::Status RepositoryController::CheckKnown(const std::string& model) const {
  if (options_.manager->Find(model) != nullptr) return absl::OkStatus();
  RETURN_IF_ERROR(Scan(model).status());
  return absl::FailedPreconditionError(
      absl::StrCat("'", model, "' is not loaded; load it first"));
}

absl::Status RepositoryController::CheckRoutable(const std::string& model,
                                                 bool adds) const {
  if (!adds && records_.contains(model)) return absl::OkStatus();
  return CheckKnown(model);
}

absl::Status RepositoryController::CheckReady(const std::string& model,
                                              int64_t version) const {
  RETURN_IF_ERROR(CheckKnown(model));
  const auto report = options_.manager->Find(model)->Report(version);
  if (report && report->state == ServableState::kReady) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "'", model, "' version ", version, " is ",
      report ? ServableStateName(report->state) : "not loaded",
      ", expected READY; ",
      report && !report->status.ok() ? report->status.message()
                                     : "load it first, and wait until it is"));
}

absl::Status RepositoryController::CheckUnrouted(const ServableId& id) const {
  const ModelRoutes routes = Routes(id.model);
  for (const auto& [alias, version] : routes.aliases) {
    if (version != id.version) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("the alias '", alias, "' leads to ", id.ToString(),
                     "; set it to another version, or remove it, first"));
  }
  for (const TrafficShare& share : routes.traffic) {
    if (share.version != id.version) continue;
    return absl::FailedPreconditionError(
        absl::StrCat(id.ToString(),
                     " has a share of the traffic; set the "
                     "traffic without it first"));
  }
  return absl::OkStatus();
}

}  // namespace sconce
