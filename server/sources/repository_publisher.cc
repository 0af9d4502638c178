// RepositoryController's half that takes uploads into the repositories.
#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

#include "server/sources/repository_controller.h"
#include "server/sources/version_folder.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

// One above the highest; 0: there is no number left.
int64_t NextVersion(const std::set<int64_t>& taken) {
  if (taken.empty()) return 1;
  const int64_t highest = *taken.rbegin();
  return highest == std::numeric_limits<int64_t>::max() ? 0 : highest + 1;
}

}  // namespace

void RepositoryController::Publish(std::shared_ptr<StagedUpload> upload,
                                   const std::string& model, int64_t version,
                                   const VersionDone& done) {
  absl::Status status = CheckExplicit("an upload");
  if (status.ok()) Keep(/*make_folder=*/true);
  if (status.ok()) status = CheckKeeper("the upload was not published");
  const auto there = Scan(model);
  if (status.ok() && !absl::IsNotFound(there.status())) {
    status = there.status();
  }
  const std::set<int64_t> loaded = LoadedVersions(model);
  if (status.ok() && loaded.contains(version)) {
    status = absl::AlreadyExistsError(absl::StrCat(
        "'", model, "' version ", version,
        " is loaded; upload another version, or 0 for the next one"));
  }
  if (version == 0) {
    std::set<int64_t> taken = loaded;
    if (there.ok())
      taken.insert(there->versions.begin(), there->versions.end());
    version = NextVersion(taken);
  }
  if (status.ok() && version < 1) {
    status = absl::FailedPreconditionError(
        absl::StrCat("'", model,
                     "' has the highest number there is as a version; upload "
                     "under a number of your choice"));
  }
  if (status.ok()) status = upload->Publish(model, version);
  if (!status.ok()) return done(status);
  const auto scanned = Scan(model);
  if (!scanned.ok()) return done(scanned.status());
  LoadPublished(std::move(upload), *scanned, version, done);
}

// Their files need not be in the repository: a load may bring its own.
std::set<int64_t> RepositoryController::LoadedVersions(
    const std::string& model) const {
  VersionSpecs specs = Wanted(model).versions;
  AddMissing(ServingSpecs(model), &specs);
  const std::vector<int64_t> versions = VersionsOf(specs);
  return {versions.begin(), versions.end()};
}

void RepositoryController::LoadPublished(std::shared_ptr<StagedUpload> upload,
                                         const CatalogModel& model,
                                         int64_t version,
                                         const VersionDone& done) {
  Publishing& publishing = publishing_[model.name];
  if (publishing.versions.empty()) publishing.before = Wanted(model.name);
  publishing.versions.insert(version);
  AspiredModel wanted{model.name, ByPolicy(model), model.reload_policy};
  wanted.retry_failed = true;
  AddMissing(Only(Wanted(model.name).versions, Record(model.name).chosen),
             &wanted.versions);
  wanted.versions = Sorted(std::move(wanted.versions));
  publishing.asked = wanted;
  AspireAndRecord(std::move(wanted), {{version}}, nullptr,
                  [=, this](absl::Status loaded) {
                    if (loaded.ok()) loaded = upload->Confirm();
                    EndPublish(model, version, loaded.ok());
                    if (!loaded.ok()) return done(loaded);
                    done(version);
                  });
}

void RepositoryController::EndPublish(const CatalogModel& model,
                                      int64_t version, bool loaded) {
  Publishing& publishing = publishing_[model.name];
  publishing.versions.erase(version);
  if (loaded) {
    publishing.before = Wanted(model.name);
    publishing.before.versions =
        Without(publishing.before.versions, publishing.versions);
  } else {
    TakeBack(model, version);
  }
  if (publishing.versions.empty()) publishing_.erase(model.name);
}

// The last upload to fail brings back what was wanted before, unless another
// request has changed it meanwhile. Until then that serves all the same, and
// goes if one of the others is loaded.
void RepositoryController::TakeBack(const CatalogModel& model,
                                    int64_t version) {
  Publishing& publishing = publishing_[model.name];
  AspiredModel next = Wanted(model.name);
  if (publishing.versions.empty() &&
      SameRevisions(next.versions, publishing.asked.versions)) {
    next = publishing.before;
  } else {
    next.versions = Without(std::move(next.versions), {version});
  }
  publishing.asked = next;
  Aspire(std::move(next), [](const absl::Status&) {});
  const absl::Status deleted =
      DeleteVersionFolder(model.root, model.name, version);
  if (!deleted.ok()) {
    LogWarning("a version that failed to load cannot be deleted",
               {{"model", model.name},
                {"version", version},
                {"reason", deleted.message()}});
  }
  known_.Set(model.name, options_.catalog->Scan(model.name));
}

}  // namespace sconce
