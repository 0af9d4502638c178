// RepositoryController's half that moves requests between versions.
#include <algorithm>
#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/sources/repository_controller.h"
#include "server/sources/repository_path.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

// So that an alias is never taken for a number, and can be sent as a version.
absl::Status CheckAliasName(const std::string& alias) {
  const auto fits = [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
  };
  if (!alias.empty() && alias.size() <= 64 && absl::ascii_isalpha(alias[0]) &&
      absl::c_all_of(alias, fits)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      QuotedName(alias),
      " cannot be an alias; expected a letter, then at most 63 letters, "
      "digits, '_', '.' or '-'"));
}

absl::Status CheckShares(const std::vector<TrafficShare>& shares) {
  std::set<int64_t> versions;
  uint64_t sum = 0;
  for (const TrafficShare& share : shares) {
    sum += share.weight;
    if (versions.insert(share.version).second) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "version ", share.version, " has two shares, expected one at most"));
  }
  if (shares.empty() || sum > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "the weights are all 0, expected one above it");
}

bool IsServing(ServableState state) {
  return state == ServableState::kReady || state == ServableState::kSuspended;
}

}  // namespace

void RepositoryController::SetAliases(const std::string& model,
                                      const std::map<std::string, int64_t>& set,
                                      const std::vector<std::string>& remove,
                                      const Done& done) {
  const absl::Status known = CheckKnown(model);
  if (!known.ok()) return done(known);
  ModelRoutes routes = Routes(model);
  for (const auto& [alias, version] : set) {
    absl::Status status = CheckAliasName(alias);
    if (status.ok()) status = CheckReady(model, version);
    if (!status.ok()) return done(status);
    routes.aliases[alias] = version;
  }
  for (const std::string& alias : remove) {
    if (routes.aliases.erase(alias) > 0 && set.count(alias) == 0) continue;
    return done(absl::NotFoundError(absl::StrCat(
        "'", model, "' has no alias ", QuotedName(alias), " to remove")));
  }
  ApplyRoutes(model, std::move(routes));
  done(absl::OkStatus());
}

void RepositoryController::SetTraffic(const std::string& model,
                                      const std::vector<TrafficShare>& shares,
                                      const Done& done) {
  absl::Status status = CheckShares(shares);
  for (const TrafficShare& share : shares) {
    if (status.ok()) status = CheckReady(model, share.version);
  }
  if (status.ok()) status = CheckKnown(model);
  if (!status.ok()) return done(status);
  ModelRoutes routes = Routes(model);
  routes.traffic = shares;
  ApplyRoutes(model, std::move(routes));
  done(absl::OkStatus());
}

// The earlier version is loaded beside the newer ones, then requests are led
// to it, then the newer ones go: none is without an answer meanwhile.
void RepositoryController::Rollback(const std::string& model,
                                    const VersionDone& done) {
  absl::Status status = CheckExplicit("a rollback");
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
  if (absl::c_none_of(wanted.versions, [&](const ServableSpec& spec) {
        return spec.id.version == *target;
      })) {
    wanted.versions.push_back(SpecOf(*scanned, *target));
  }
  wanted.retry_failed = true;
  Aspire(std::move(wanted),
         [this, model, target = *target, replaced = ServedVersion(model),
          done](const absl::Status&) {
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
  ApplyRoutes(model, std::move(routes));
  AspiredModel wanted = Wanted(model);
  const auto leaves = [&](const ServableSpec& spec) {
    return spec.id.version > target;
  };
  for (const ServableSpec& spec : wanted.versions) {
    if (leaves(spec)) wanted.unload_at_once.push_back(spec.id.version);
  }
  wanted.versions.erase(
      std::remove_if(wanted.versions.begin(), wanted.versions.end(), leaves),
      wanted.versions.end());
  ModelRecord& record = Record(model);
  while (!record.history.empty() && record.history.back() != target) {
    record.history.pop_back();
  }
  if (!record.history.empty()) record.history.pop_back();
  record.loaded = true;
  record.versions.clear();
  for (const ServableSpec& spec : wanted.versions) {
    record.versions.push_back(spec.id.version);
  }
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

void RepositoryController::ApplyRoutes(const std::string& model,
                                       ModelRoutes routes) {
  options_.manager->SetRoutes(model, routes).IgnoreError();
  Record(model).routes = routes;
  {
    MutexLock lock(&mu_);
    routes_[model] = std::move(routes);
  }
  Save();
  // What only the old routes kept may go.
  if (options_.mode == ControlMode::kPoll) (void)Refresh();
}

// What requests that name no version get when there are no weights.
std::optional<int64_t> RepositoryController::ServedVersion(
    const std::string& model) const {
  const auto serving = options_.manager->Find(model);
  if (serving == nullptr) return std::nullopt;
  std::optional<int64_t> highest;
  for (const ServableReport& report : serving->Reports()) {
    if (IsServing(report.state)) highest = report.id.version;
  }
  return highest;
}

absl::Status RepositoryController::CheckKnown(const std::string& model) const {
  if (options_.manager->Find(model) != nullptr) return absl::OkStatus();
  RETURN_IF_ERROR(Scan(model).status());
  return absl::FailedPreconditionError(
      absl::StrCat("'", model, "' is not loaded; load it first"));
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
