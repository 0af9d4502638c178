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

using Specs = std::vector<ServableSpec>;

Specs Only(const Specs& specs, const std::set<int64_t>& versions) {
  Specs only;
  absl::c_copy_if(specs, std::back_inserter(only), [&](const auto& spec) {
    return versions.count(spec.id.version) > 0;
  });
  return only;
}

Specs Without(Specs specs, const std::set<int64_t>& versions) {
  const auto leaves = [&](const ServableSpec& spec) {
    return versions.count(spec.id.version) > 0;
  };
  specs.erase(std::remove_if(specs.begin(), specs.end(), leaves), specs.end());
  return specs;
}

// One above the highest; 0: there is no number left.
int64_t NextVersion(const absl::StatusOr<CatalogModel>& model) {
  if (!model.ok() || model->versions.empty()) return 1;
  const int64_t highest = model->versions.back();
  return highest == std::numeric_limits<int64_t>::max() ? 0 : highest + 1;
}

bool Has(const Specs& specs, int64_t version) {
  return absl::c_any_of(
      specs, [&](const auto& spec) { return spec.id.version == version; });
}

bool SameVersions(const Specs& a, const Specs& b) {
  return absl::c_equal(a, b, [](const auto& x, const auto& y) {
    return x.id.version == y.id.version && x.revision == y.revision;
  });
}

}  // namespace

void RepositoryController::Publish(std::shared_ptr<StagedUpload> upload,
                                   const std::string& model, int64_t version,
                                   const VersionDone& done) {
  absl::Status status = CheckExplicit("an upload");
  const auto there = Scan(model);
  if (status.ok() && !absl::IsNotFound(there.status())) {
    status = there.status();
  }
  if (version == 0) {
    version = NextVersion(there);
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

void RepositoryController::LoadPublished(std::shared_ptr<StagedUpload> upload,
                                         const CatalogModel& model,
                                         int64_t version,
                                         const VersionDone& done) {
  Publishing& publishing = publishing_[model.name];
  if (publishing.versions.empty()) publishing.before = Wanted(model.name);
  publishing.versions.insert(version);
  AspiredModel wanted{model.name, ByPolicy(model), model.reload_policy};
  wanted.retry_failed = true;
  for (ServableSpec& spec : BeyondPolicy(model, version)) {
    wanted.versions.push_back(std::move(spec));
  }
  absl::c_sort(wanted.versions, [](const auto& a, const auto& b) {
    return a.id.version < b.id.version;
  });
  publishing.asked = wanted;
  AspireAndRecord(std::move(wanted), {version}, nullptr,
                  [=, this](absl::Status loaded) {
                    if (loaded.ok()) loaded = upload->Confirm();
                    EndPublish(model, version, loaded.ok());
                    if (!loaded.ok()) return done(loaded);
                    done(version);
                  });
}

// What stays beside what the policy picks when `added` has come: all that is
// wanted, if the policy did not pick all of it before. Then clients chose it by
// number.
RepositoryController::Specs RepositoryController::BeyondPolicy(
    CatalogModel model, int64_t added) const {
  const Specs now = ByPolicy(model);
  model.versions.erase(
      std::remove(model.versions.begin(), model.versions.end(), added),
      model.versions.end());
  const Specs before = ByPolicy(model);
  const Specs wanted = Wanted(model.name).versions;
  Specs beyond;
  if (absl::c_all_of(wanted, [&](const ServableSpec& spec) {
        return Has(before, spec.id.version);
      })) {
    return beyond;
  }
  absl::c_copy_if(
      wanted, std::back_inserter(beyond),
      [&](const ServableSpec& spec) { return !Has(now, spec.id.version); });
  return beyond;
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

// What was wanted before is wanted again, but for what other requests, uploads
// too, have changed meanwhile.
void RepositoryController::TakeBack(const CatalogModel& model,
                                    int64_t version) {
  Publishing& publishing = publishing_[model.name];
  AspiredModel next = Wanted(model.name);
  const Specs others = Only(next.versions, publishing.versions);
  if (SameVersions(next.versions, publishing.asked.versions)) {
    next = publishing.before;
    next.versions.insert(next.versions.end(), others.begin(), others.end());
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
