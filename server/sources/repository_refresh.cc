// RepositoryController's half that follows what happens to the files.
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/sources/repository_controller.h"
#include "server/sources/written_file.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

std::string KeyOf(const ServableSpec& spec) {
  return absl::StrCat(spec.id.model, "/", spec.id.version);
}

}  // namespace

void RepositoryController::Refresh() {
  Keep(/*make_folder=*/false);
  Look();
  if (options_.mode != ControlMode::kPoll) return;
  const std::optional<MonoTime> settles = settled_.NextCheck();
  if (settles) options_.refresh_at(*settles);
}

// Until every repository was read, what each of them has is loaded as at the
// start. After that only some modes follow the files.
void RepositoryController::Look() {
  const std::vector<CatalogModel> found = options_.catalog->ScanAll();
  known_.SetAll(found);
  if (started_ && options_.mode != ControlMode::kPoll) return;
  if (options_.mode == ControlMode::kExplicit) {
    RestoreAll();
  } else {
    RefreshWanted(found);
  }
  if (!started_) EndStart();
}

void RepositoryController::EndStart() {
  started_ = options_.catalog->HasReadAll();
  if (!started_) {
    return options_.refresh_at(options_.clock->Now() + options_.retry_period);
  }
  if (options_.mode != ControlMode::kExplicit && known_.All().empty()) {
    LogWarning("no models found in any repository");
  }
  options_.on_started();
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

void RepositoryController::RetryLater(const std::string& model) {
  if (options_.mode != ControlMode::kPoll || !MayPass(model)) return;
  options_.refresh_at(options_.clock->Now() + options_.retry_period);
}

void RepositoryController::RefreshWanted(
    const std::vector<CatalogModel>& models) {
  DropAllBut(models);  // first: the others may need their memory
  std::set<std::string> keys;
  for (const CatalogModel& model : models) {
    AspiredModel wanted{model.name, SettledSpecs(model, &keys),
                        model.reload_policy};
    wanted.retry_failed = model.status.ok() && MayPass(model.name);
    if (SameRevisions(wanted.versions, Wanted(model.name).versions) &&
        !wanted.retry_failed) {
      continue;
    }
    Aspire(std::move(wanted), [this, name = model.name](const absl::Status&) {
      RetryLater(name);
    });
  }
  settled_.KeepOnly(keys);
}

void RepositoryController::DropAllBut(const std::vector<CatalogModel>& models) {
  std::set<std::string> gone;
  for (const auto& [name, wanted] : wanted_) gone.insert(name);
  for (const CatalogModel& model : models) gone.erase(model.name);
  for (const std::string& name : gone) {
    LogInfo("model is gone from the repository", {{"model", name}});
    Aspire({name}, [](const absl::Status&) {});
  }
}

// While a version's file is being written everything stays that was there, that
// version included.
VersionSpecs RepositoryController::SettledSpecs(const CatalogModel& model,
                                                std::set<std::string>* keys) {
  if (model.is_stale) return Wanted(model.name).versions;
  VersionSpecs specs;
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
  AddMissing(Wanted(model.name).versions, &specs);
  return Sorted(std::move(specs));
}

// What lies there when the server starts is not waited for: if it is not
// complete, its load fails, and it is loaded when it has changed. Where changes
// are not followed, that is so even if somebody writes to it.
bool RepositoryController::IsSettled(const ServableSpec& spec) {
  const auto is_being_written = [&] { return IsBeingWritten(spec.path); };
  const bool settled = settled_.IsSettled(
      KeyOf(spec), spec.revision, options_.clock->Now(), is_being_written);
  return settled || (!started_ && (options_.mode != ControlMode::kPoll ||
                                   !is_being_written()));
}

}  // namespace sconce
