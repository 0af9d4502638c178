#include "server/sources/repository_controller.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "server/base/status_macros.h"
#include "server/sources/repository_path.h"
#include "server/sources/version_folder.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

void TellRestored(const std::string& model, const VersionSpecs& specs) {
  LogInfo(
      "model is to be loaded as clients had it",
      {{"model", model}, {"versions", absl::StrJoin(VersionsOf(specs), ", ")}});
}

}  // namespace

RepositoryController::RepositoryController(Options options)
    : options_(std::move(options)) {}

void RepositoryController::Start(const std::vector<std::string>& models) {
  ReadState();
  for (const auto& [model, record] : records_) {
    if (record.loaded) had_loaded_.insert(model);
    MutexLock lock(&mu_);
    routes_[model] = record.routes;
  }
  start_models_ = {models.begin(), models.end()};
  Look();
}

void RepositoryController::RestoreAll() {
  std::set<std::string> names = start_models_;
  for (const ModelPath& path : options_.catalog->paths()) {
    names.insert(path.name);
  }
  if (names.erase(kEveryModel) > 0) {
    for (const RepositoryModel& model : known_.All()) names.insert(model.name);
  }
  names.insert(had_loaded_.begin(), had_loaded_.end());
  for (const std::string& name : names) {
    if (!restored_.contains(name) && Restore(name)) restored_.insert(name);
  }
}

// Loads what the record says, or what the version policy picks.
bool RepositoryController::Restore(const std::string& model) {
  const auto scanned = options_.catalog->Scan(model);
  if (!scanned.ok()) {
    if (!options_.catalog->HasReadAll()) return false;
    StateMissing(model, scanned.status());
    return true;
  }
  VersionSpecs specs;
  for (int64_t version : Record(model).versions) {
    if (absl::c_linear_search(scanned->versions, version)) {
      specs.push_back(SpecOf(*scanned, version));
    } else {
      LogWarning("version was loaded before, but is gone",
                 {{"model", model}, {"version", version}});
    }
  }
  if (specs.empty()) {
    specs = ByPolicy(*scanned);
  } else {
    TellRestored(model, specs);
  }
  AspiredModel wanted{model, std::move(specs), scanned->reload_policy};
  Aspire(std::move(wanted), [](const absl::Status&) {});
  return !absl::IsUnavailable(scanned->status);  // of a path with nothing yet
}

// Who started the server with the model's name is to see that it is not there:
// the server is not ready. What clients had loaded may be gone.
void RepositoryController::StateMissing(const std::string& model,
                                        const absl::Status& why) {
  LogError("model is to be loaded, but cannot be",
           {{"model", model}, {"reason", why.message()}});
  if (!start_models_.contains(model)) return;
  CatalogModel missing;
  missing.name = model;
  missing.status = why;
  Aspire({model, ChosenSpecs(missing)}, [](const absl::Status&) {});
}

void RepositoryController::Load(const ModelLoadRequest& request, Done done) {
  const absl::Status allowed = CheckExplicit("loading a model");
  if (!allowed.ok()) return done(allowed);
  Keep(/*make_folder=*/true);
  std::shared_ptr<LoadOverride> keep;
  const auto model = Find(request, &keep);
  if (!model.ok()) return done(model.status());
  AspiredModel wanted{request.model, {}, model->reload_policy};
  wanted.retry_failed = true;
  if (request.versions.empty()) {
    wanted.versions = ByPolicy(*model);
  } else {
    wanted.versions = Wanted(request.model).versions;
  }
  for (int64_t version : request.versions) {
    ServableSpec spec = SpecOf(*model, version);
    if (absl::IsNotFound(spec.status)) return done(spec.status);
    Put(std::move(spec), &wanted.versions);
  }
  KeepRouted(request.model, &wanted.versions);
  wanted.versions = Sorted(std::move(wanted.versions));
  AspireAndRecord(std::move(wanted), {request.versions, /*by_number=*/true},
                  std::move(keep), std::move(done));
}

// What requests are led to stays, though the files of the request, or what was
// wanted before, have no such version.
void RepositoryController::KeepRouted(const std::string& model,
                                      VersionSpecs* specs) const {
  AddMissing(Only(ServingSpecs(model), RoutedVersions(Routes(model))), specs);
}

// The model as the request wants it: the repository's, or what it brings along.
absl::StatusOr<CatalogModel> RepositoryController::Find(
    const ModelLoadRequest& request,
    std::shared_ptr<LoadOverride>* keep) const {
  RETURN_IF_ERROR(CheckModelName(request.model));
  if (!request.config_json && request.files.empty()) {
    return options_.catalog->Scan(request.model);
  }
  ASSIGN_OR_RETURN(*keep, LoadOverride::Create(*options_.catalog, request));
  return (*keep)->model();
}

void RepositoryController::Unload(const std::string& model,
                                  const std::vector<int64_t>& versions,
                                  const Done& done) {
  absl::Status status = CheckExplicit("unloading a model");
  if (status.ok()) status = CheckModelName(model);
  if (status.ok()) Keep(/*make_folder=*/true);
  AspiredModel wanted = Wanted(model);
  // What still serves in place of what is loading counts, too.
  AddMissing(ServingSpecs(model), &wanted.versions);
  if (status.ok() && wanted.versions.empty()) {
    status = options_.catalog->Scan(model).status();
  }
  if (!status.ok()) return done(status);
  wanted.unload_at_once =
      versions.empty() ? VersionsOf(wanted.versions) : versions;
  for (int64_t version : wanted.unload_at_once) {
    if (Has(wanted.versions, version)) continue;
    return done(absl::NotFoundError(
        absl::StrCat("'", model, "' version ", version, " is not loaded")));
  }
  const std::optional<int64_t> before = ServedVersion(model);
  wanted.versions = Sorted(
      Without(std::move(wanted.versions),
              {wanted.unload_at_once.begin(), wanted.unload_at_once.end()}));
  const std::vector<int64_t> rest = VersionsOf(wanted.versions);
  Aspire(std::move(wanted), [](const absl::Status&) {});
  RecordLoaded(model, rest, before);
  done(absl::OkStatus());
}

void RepositoryController::DeleteVersion(const ServableId& id,
                                         const Done& done) {
  absl::Status status = CheckExplicit("deleting a version");
  if (status.ok()) Keep(/*make_folder=*/true);
  if (status.ok()) status = CheckKeeper("the version was not deleted");
  const auto model = Scan(id.model);
  if (status.ok()) status = model.status();
  if (status.ok()) status = CheckWritable(*model, "the version is not deleted");
  if (status.ok() && !absl::c_linear_search(model->versions, id.version)) {
    status = SpecOf(*model, id.version).status;
  }
  if (status.ok()) status = CheckUnrouted(id);
  if (!status.ok()) return done(status);
  status = DeleteVersionFolder(model->root, id.model, id.version);
  const auto left = options_.catalog->Scan(id.model);
  known_.Set(id.model, left);
  if (left.ok() && absl::c_linear_search(left->versions, id.version)) {
    return done(status);  // nothing has changed
  }
  if (Has(Wanted(id.model).versions, id.version) ||
      Has(ServingSpecs(id.model), id.version)) {
    Unload(id.model, {id.version}, [](const absl::Status&) {});
  } else {  // its failure need not be told any more
    Aspire(Wanted(id.model), [](const absl::Status&) {});
  }
  std::vector<int64_t>& history = Record(id.model).history;
  std::erase(history, id.version);
  Save();
  done(status);
}

absl::StatusOr<CatalogModel> RepositoryController::Scan(
    const std::string& model) const {
  RETURN_IF_ERROR(CheckModelName(model));
  return options_.catalog->Scan(model);
}

absl::StatusOr<ServableSpec> RepositoryController::Locate(
    const ServableId& id) const {
  ASSIGN_OR_RETURN(const CatalogModel model, Scan(id.model));
  const int64_t highest = model.versions.empty() ? 1 : model.versions.back();
  ServableSpec spec = SpecOf(model, id.version == 0 ? highest : id.version);
  RETURN_IF_ERROR(spec.status);
  return spec;
}

std::vector<RepositoryModel> RepositoryController::RepositoryModels() const {
  return known_.All();
}

ModelRoutes RepositoryController::Routes(absl::string_view model) const {
  MutexLock lock(&mu_);
  const auto found = routes_.find(model);
  return found == routes_.end() ? ModelRoutes() : found->second;
}

absl::Status RepositoryController::CheckExplicit(absl::string_view what) const {
  if (closed_) return absl::UnavailableError("the server is stopping");
  if (options_.mode == ControlMode::kExplicit) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(what, " is not allowed with --model-control-mode=",
                   options_.mode == ControlMode::kPoll ? "poll" : "none",
                   "; start the server with --model-control-mode=explicit"));
}

VersionSpecs RepositoryController::ByPolicy(const CatalogModel& model) const {
  VersionSpecs specs = ChosenSpecs(model);
  std::set<int64_t> kept = RoutedVersions(Routes(model.name));
  const auto publishing = publishing_.find(model.name);
  if (publishing != publishing_.end()) {
    kept.insert(publishing->second.versions.begin(),
                publishing->second.versions.end());
  }
  for (int64_t version : kept) {
    if (absl::c_linear_search(model.versions, version) &&
        !Has(specs, version)) {
      specs.push_back(SpecOf(model, version));
    }
  }
  return Sorted(std::move(specs));
}

AspiredModel RepositoryController::Wanted(const std::string& model) const {
  const auto found = wanted_.find(model);
  return found == wanted_.end() ? AspiredModel{model} : found->second;
}

void RepositoryController::Aspire(AspiredModel wanted, Done done) {
  const std::string name = wanted.name;
  if (wanted.versions.empty()) {
    wanted_.erase(name);
  } else {
    wanted_[name] = wanted;
    wanted_[name].retry_failed = false;
    wanted_[name].unload_at_once.clear();
    wanted_[name].wait_for.clear();
  }
  const bool routed = !RoutedVersions(Routes(name)).empty();
  const bool wants_something = !wanted.versions.empty();
  options_.manager->SetAspired(
      std::move(wanted),
      [post = options_.post, done = std::move(done)](absl::Status status) {
        post([done, status = std::move(status)] { done(status); });
      });
  if (!routed || !wants_something) return;
  options_.manager->SetRoutes(name, Routes(name)).IgnoreError();
}

void RepositoryController::AspireAndRecord(AspiredModel wanted,
                                           const Asked& asked,
                                           std::shared_ptr<LoadOverride> keep,
                                           Done done) {
  const std::string name = wanted.name;
  const std::vector<int64_t> versions = VersionsOf(wanted.versions);
  const std::optional<int64_t> before = ServedVersion(name);
  const AspiredModel stated = wanted;
  wanted.wait_for = asked.versions;
  ++loads_under_way_;
  Aspire(std::move(wanted), [=, this](absl::Status status) {
    (void)keep;  // its files were needed until now
    --loads_under_way_;
    if (!status.ok()) {
      WantWhatServes(stated);
      return done(status);
    }
    if (asked.by_number) {
      std::set<int64_t>& chosen = Record(name).chosen;
      if (asked.versions.empty()) chosen.clear();
      chosen.insert(asked.versions.begin(), asked.versions.end());
    }
    RecordLoaded(name, versions, before);
    known_.Set(name, options_.catalog->Scan(name));
    done(absl::OkStatus());
  });
}

// What serves now, as it was loaded.
VersionSpecs RepositoryController::ServingSpecs(
    const std::string& model) const {
  return RegisteredSpecs(model, IsLoaded);
}

VersionSpecs RepositoryController::RegisteredSpecs(
    const std::string& model, bool (*is_meant)(ServableState)) const {
  VersionSpecs specs;
  const auto serving = options_.manager->Find(model);
  if (serving == nullptr) return specs;
  for (const auto& harness : serving->harnesses()) {
    if (is_meant(harness->state())) Put(harness->spec(), &specs);
  }
  return Sorted(std::move(specs));
}

// After a failed load: so that the next request begins with what is there or
// comes, and not with what could not be had. The Manager is not told: it keeps
// the failure for the index.
void RepositoryController::WantWhatServes(const AspiredModel& stated) {
  if (!SameRevisions(Wanted(stated.name).versions, stated.versions)) {
    return;  // another's by now
  }
  if (publishing_.contains(stated.name)) return;  // EndPublish() sees to it
  VersionSpecs specs = ServingSpecs(stated.name);
  AddMissing(RegisteredSpecs(stated.name, IsPending), &specs);
  if (specs.empty()) {
    wanted_.erase(stated.name);
  } else {
    wanted_[stated.name].versions = Sorted(std::move(specs));
  }
}

// What is not wanted any more by now was another request's to record.
void RepositoryController::RecordLoaded(const std::string& model,
                                        const std::vector<int64_t>& versions,
                                        std::optional<int64_t> served_before) {
  ModelRecord& record = Record(model);
  record.loaded = !versions.empty();
  record.versions.clear();
  for (int64_t version : versions) {
    if (Has(Wanted(model).versions, version)) {
      record.versions.push_back(version);
    }
  }
  std::erase_if(record.chosen, [&](int64_t version) {
    return !absl::c_linear_search(record.versions, version);
  });
  if (served_before && served_before != ServedVersion(model)) {
    record.history.push_back(*served_before);
  }
  Save();
}

}  // namespace sconce
