#include "server/sources/repository_controller.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/sources/repository_path.h"
#include "server/sources/version_folder.h"
#include "server/sources/written_file.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

constexpr char kEverything[] = "*";

bool Has(const std::vector<ServableSpec>& specs, int64_t version) {
  return absl::c_any_of(specs, [&](const ServableSpec& spec) {
    return spec.id.version == version;
  });
}

// Takes `spec` in, in place of one of its version.
void Put(ServableSpec spec, std::vector<ServableSpec>* specs) {
  for (ServableSpec& other : *specs) {
    if (other.id.version != spec.id.version) continue;
    other = std::move(spec);
    return;
  }
  specs->push_back(std::move(spec));
}

std::vector<ServableSpec> Sorted(std::vector<ServableSpec> specs) {
  absl::c_sort(specs, [](const ServableSpec& a, const ServableSpec& b) {
    return a.id.version < b.id.version;
  });
  return specs;
}

std::vector<int64_t> VersionsOf(const std::vector<ServableSpec>& specs) {
  std::vector<int64_t> versions;
  for (const ServableSpec& spec : specs) versions.push_back(spec.id.version);
  return versions;
}

std::string KeyOf(const ServableSpec& spec) {
  return absl::StrCat(spec.id.model, "/", spec.id.version);
}

bool SameRevisions(const AspiredModel& a, const AspiredModel& b) {
  return absl::c_equal(
      a.versions, b.versions, [](const ServableSpec& x, const ServableSpec& y) {
        return x.id.version == y.id.version && x.revision == y.revision;
      });
}

// The versions that aliases and traffic lead to.
std::set<int64_t> RoutedVersions(const ModelRoutes& routes) {
  std::set<int64_t> versions;
  for (const auto& [alias, version] : routes.aliases) versions.insert(version);
  for (const TrafficShare& share : routes.traffic) {
    versions.insert(share.version);
  }
  return versions;
}

}  // namespace

RepositoryController::RepositoryController(Options options)
    : options_(std::move(options)) {}

void RepositoryController::Start(const std::vector<std::string>& models) {
  records_ = options_.state_file->Read();
  for (const auto& [model, record] : records_) {
    MutexLock lock(&mu_);
    routes_[model] = record.routes;
  }
  if (options_.mode != ControlMode::kExplicit) {
    const std::vector<CatalogModel> found = options_.catalog->ScanAll();
    known_.SetAll(found);
    if (found.empty()) LogWarning("no models found in any repository");
    RefreshWanted(found);
    first_look_ = false;
    return;
  }
  known_.SetAll(options_.catalog->ScanAll());
  std::set<std::string> names(models.begin(), models.end());
  if (names.erase(kEverything) > 0) {
    for (const RepositoryModel& model : known_.All()) names.insert(model.name);
  }
  for (const auto& [name, record] : records_) {
    if (record.loaded) names.insert(name);
  }
  for (const std::string& name : names) Restore(name);
}

// Loads what the record says, or what the version policy picks.
void RepositoryController::Restore(const std::string& model) {
  const auto scanned = options_.catalog->Scan(model);
  if (!scanned.ok()) {
    LogError("model is to be loaded, but cannot be",
             {{"model", model}, {"reason", scanned.status().message()}});
    return;
  }
  Specs specs;
  for (int64_t version : Record(model).versions) {
    if (absl::c_linear_search(scanned->versions, version)) {
      specs.push_back(SpecOf(*scanned, version));
    } else {
      LogWarning("version was loaded before, but is gone",
                 {{"model", model}, {"version", version}});
    }
  }
  if (specs.empty()) specs = ByPolicy(*scanned);
  AspiredModel wanted{model, std::move(specs), scanned->reload_policy};
  Aspire(std::move(wanted), [](const absl::Status&) {});
}

std::optional<MonoTime> RepositoryController::Refresh() {
  const std::vector<CatalogModel> found = options_.catalog->ScanAll();
  known_.SetAll(found);
  if (options_.mode != ControlMode::kPoll) return std::nullopt;
  RefreshWanted(found);
  const std::optional<MonoTime> settles = settled_.NextCheck();
  if (!AnyMayPass()) return settles;
  const MonoTime retry = options_.clock->Now() + options_.retry_period;
  return std::min(settles.value_or(retry), retry);
}

bool RepositoryController::MayPass(const std::string& model) const {
  const auto serving = options_.manager->Find(model);
  if (serving == nullptr) return false;
  const std::vector<ServableReport> reports = serving->Reports();
  return absl::c_any_of(reports, [](const ServableReport& report) {
    return report.state != ServableState::kSuspended &&
           (absl::IsResourceExhausted(report.status) ||
            absl::IsUnavailable(report.status));
  });
}

bool RepositoryController::AnyMayPass() const {
  return absl::c_any_of(
      wanted_, [&](const auto& wanted) { return MayPass(wanted.first); });
}

void RepositoryController::RefreshWanted(
    const std::vector<CatalogModel>& models) {
  std::set<std::string> keys;
  std::set<std::string> names;
  for (const CatalogModel& model : models) {
    names.insert(model.name);
    AspiredModel wanted{model.name, SettledSpecs(model, &keys),
                        model.reload_policy};
    wanted.retry_failed = MayPass(model.name);
    if (SameRevisions(wanted, Wanted(model.name)) && !wanted.retry_failed) {
      continue;
    }
    Aspire(std::move(wanted), [](const absl::Status&) {});
  }
  settled_.KeepOnly(keys);
  const std::map<std::string, AspiredModel> before = wanted_;
  for (const auto& [name, wanted] : before) {
    if (names.count(name) > 0) continue;
    LogInfo("model is gone from the repository", {{"model", name}});
    Aspire({name}, [](const absl::Status&) {});
  }
}

// While a version's file is being written everything stays that was there, that
// version included.
RepositoryController::Specs RepositoryController::SettledSpecs(
    const CatalogModel& model, std::set<std::string>* keys) {
  if (model.is_stale) return Wanted(model.name).versions;
  Specs specs;
  bool all_settled = true;
  for (ServableSpec& spec : ByPolicy(model)) {
    keys->insert(KeyOf(spec));
    if (IsSettled(spec)) {
      specs.push_back(std::move(spec));
    } else {
      all_settled = false;
    }
  }
  if (all_settled) return specs;
  for (const ServableSpec& old : Wanted(model.name).versions) {
    if (!Has(specs, old.id.version)) specs.push_back(old);
  }
  return Sorted(std::move(specs));
}

// What lies there when the server starts is not waited for: if it is not
// complete, its load fails, and it is loaded when it has changed. Where changes
// are not followed, that is so even if somebody writes to it.
bool RepositoryController::IsSettled(const ServableSpec& spec) {
  const auto is_being_written = [&] { return IsBeingWritten(spec.path); };
  const bool settled = settled_.IsSettled(
      KeyOf(spec), spec.revision, options_.clock->Now(), is_being_written);
  return settled || (first_look_ && (options_.mode != ControlMode::kPoll ||
                                     !is_being_written()));
}

void RepositoryController::Load(const ModelLoadRequest& request, Done done) {
  const absl::Status allowed = CheckExplicit("loading a model");
  if (!allowed.ok()) return done(allowed);
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
  AspireAndRecord(std::move(wanted), request.versions, std::move(keep),
                  std::move(done));
}

// What requests are led to stays, though the files of the request, or what was
// wanted before, have no such version.
void RepositoryController::KeepRouted(const std::string& model,
                                      Specs* specs) const {
  const std::set<int64_t> routed = RoutedVersions(Routes(model));
  for (const ServableSpec& spec : ServingSpecs(model)) {
    if (routed.count(spec.id.version) > 0 && !Has(*specs, spec.id.version)) {
      specs->push_back(spec);
    }
  }
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
  AspiredModel wanted = Wanted(model);
  // What still serves in place of what is loading counts, too.
  for (ServableSpec& spec : ServingSpecs(model)) {
    if (!Has(wanted.versions, spec.id.version)) {
      wanted.versions.push_back(std::move(spec));
    }
  }
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
  const auto leaves = [&](const ServableSpec& spec) {
    return absl::c_linear_search(wanted.unload_at_once, spec.id.version);
  };
  wanted.versions.erase(
      std::remove_if(wanted.versions.begin(), wanted.versions.end(), leaves),
      wanted.versions.end());
  wanted.versions = Sorted(std::move(wanted.versions));
  const std::vector<int64_t> rest = VersionsOf(wanted.versions);
  Aspire(std::move(wanted), [](const absl::Status&) {});
  RecordLoaded(model, rest, before);
  done(absl::OkStatus());
}

void RepositoryController::DeleteVersion(const ServableId& id,
                                         const Done& done) {
  absl::Status status = CheckExplicit("deleting a version");
  const auto model = Scan(id.model);
  if (status.ok()) status = model.status();
  if (status.ok() && !absl::c_linear_search(model->versions, id.version)) {
    status = SpecOf(*model, id.version).status;
  }
  if (status.ok()) status = CheckUnrouted(id);
  if (!status.ok()) return done(status);
  if (Has(Wanted(id.model).versions, id.version) ||
      Has(ServingSpecs(id.model), id.version)) {
    Unload(id.model, {id.version}, [](const absl::Status&) {});
  } else {  // its failure need not be told any more
    Aspire(Wanted(id.model), [](const absl::Status&) {});
  }
  std::vector<int64_t>& history = Record(id.model).history;
  history.erase(std::remove(history.begin(), history.end(), id.version),
                history.end());
  Save();
  status = DeleteVersionFolder(model->root, id.model, id.version);
  Refresh();
  done(status);
}

absl::StatusOr<CatalogModel> RepositoryController::Scan(
    const std::string& model) const {
  RETURN_IF_ERROR(CheckModelName(model));
  return options_.catalog->Scan(model);
}

absl::StatusOr<ServableSpec> RepositoryController::Locate(
    const ServableId& id) const {
  // As it was loaded, which may be with other files than the repository's.
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
  if (options_.mode == ControlMode::kExplicit) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(what, " is not allowed with --model-control-mode=",
                   options_.mode == ControlMode::kPoll ? "poll" : "none",
                   "; start the server with --model-control-mode=explicit"));
}

RepositoryController::Specs RepositoryController::ByPolicy(
    const CatalogModel& model) const {
  Specs specs = ChosenSpecs(model);
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
                                           const std::vector<int64_t>& asked,
                                           std::shared_ptr<LoadOverride> keep,
                                           Done done) {
  const std::string name = wanted.name;
  const std::vector<int64_t> versions = VersionsOf(wanted.versions);
  const std::optional<int64_t> before = ServedVersion(name);
  const AspiredModel stated = wanted;
  Aspire(std::move(wanted), [=, this](absl::Status status) {
    (void)keep;  // its files were needed until now
    if (!asked.empty()) status = OutcomeOf(name, asked, std::move(status));
    if (!status.ok()) {
      WantWhatServes(stated);
      return done(status);
    }
    RecordLoaded(name, versions, before);
    known_.Set(name, options_.catalog->Scan(name));
    done(absl::OkStatus());
  });
}

// What serves now, as it was loaded.
RepositoryController::Specs RepositoryController::ServingSpecs(
    const std::string& model) const {
  Specs specs;
  const auto serving = options_.manager->Find(model);
  if (serving == nullptr) return specs;
  for (const auto& harness : serving->harnesses()) {
    const ServableState state = harness->state();
    if (state == ServableState::kReady || state == ServableState::kSuspended) {
      Put(harness->spec(), &specs);
    }
  }
  return Sorted(std::move(specs));
}

// After a failed load: so that the next request begins with what is there, and
// not with what could not be had. The Manager is not told: it keeps the failure
// for the index.
void RepositoryController::WantWhatServes(const AspiredModel& stated) {
  if (!SameRevisions(Wanted(stated.name), stated)) return;  // another's by now
  Specs specs = ServingSpecs(stated.name);
  if (specs.empty()) {
    wanted_.erase(stated.name);
  } else {
    wanted_[stated.name].versions = std::move(specs);
  }
}

// Another version's failure is none of theirs.
absl::Status RepositoryController::OutcomeOf(const std::string& model,
                                             const std::vector<int64_t>& asked,
                                             absl::Status of_all) const {
  if (of_all.ok()) return of_all;
  const auto serving = options_.manager->Find(model);
  for (int64_t version : asked) {
    const auto report =
        serving == nullptr ? std::nullopt : serving->Report(version);
    if (!report || !Has(Wanted(model).versions, version)) return of_all;
    if (!report->status.ok()) return report->status;
    if (report->state != ServableState::kReady) return of_all;
  }
  return absl::OkStatus();
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
  if (served_before && served_before != ServedVersion(model)) {
    record.history.push_back(*served_before);
  }
  Save();
}

void RepositoryController::Save() {
  const absl::Status written = options_.state_file->Write(records_);
  if (written.ok()) return;
  LogWarning("the registry's state is not stored; a restart forgets it",
             {{"reason", written.message()}});
}

}  // namespace sconce
