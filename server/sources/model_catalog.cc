#include "server/sources/model_catalog.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/sources/own_folder.h"
#include "server/sources/repository_path.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

ScanRemark HiddenModel(const CatalogModel& model) {
  // Belongs to no model: to look at this one alone does not unsay it.
  return {"",
          LogLevel::kWarning,
          "another entry or an earlier repository has a model of this name; "
          "passed over",
          "model",
          model.name,
          "repository",
          model.root};
}

ScanRemark Unread(const std::string& directory, const absl::Status& why,
                  bool was_read) {
  return {"",
          LogLevel::kError,
          was_read ? "model repository cannot be read; its models stay as they "
                     "are"
                   : "model repository cannot be read; the server is not ready "
                     "before it can",
          "repository",
          directory,
          "reason",
          std::string(why.message())};
}

ScanRemark Unfound(const ModelPath& path, const absl::Status& why,
                   bool was_found) {
  return {path.name,
          LogLevel::kError,
          was_found
              ? "nothing is left of the model at its path; it stays as it "
                "is"
              : "nothing is there of the model at its path; the server "
                "is not ready before it is",
          "path",
          path.path,
          "reason",
          std::string(why.message())};
}

// True of what is there and will never be a folder of models.
bool IsNoFolder(const std::string& directory) {
  std::error_code unknown;
  const auto found = std::filesystem::status(directory, unknown);
  return std::filesystem::exists(found) &&
         !std::filesystem::is_directory(found);
}

}  // namespace

ModelCatalog::ModelCatalog(std::vector<std::string> directories,
                           ServableConfig defaults,
                           std::vector<ModelPath> paths)
    : directories_(std::move(directories)),
      defaults_(std::move(defaults)),
      paths_(std::move(paths)) {}

absl::Status ModelCatalog::Check() const {
  for (const std::string& directory : directories_) {
    absl::Status checked = CheckOwnFolder(directory);
    if (IsNoFolder(directory)) {
      checked = absl::InvalidArgumentError(
          "Not a directory; --model-repository takes a folder of models, and "
          "--model NAME=FILE a single one");
    }
    if (checked.ok()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("model repository '", directory,
                     "' cannot be used: ", checked.message()));
  }
  return absl::OkStatus();
}

bool ModelCatalog::WasRead(const std::string& directory) const {
  MutexLock lock(&mu_);
  return seen_[directory].was_read;
}

// What the server writes must not go elsewhere. Check() saw to it for what was
// there at the start; this does for what comes later.
absl::StatusOr<RepositoryScan> ModelCatalog::Look(
    const std::string& directory, const ScanOptions& options) const {
  if (!WasRead(directory)) RETURN_IF_ERROR(CheckOwnFolder(directory));
  return ScanRepository(directory, options);
}

RepositoryScan ModelCatalog::ScanOrLast(const std::string& directory) const {
  absl::StatusOr<RepositoryScan> scan = Look(directory, {defaults_});
  if (!scan.ok()) return Last(directory, scan.status());
  bool had_failed = false;
  {
    MutexLock lock(&mu_);
    Seen& seen = seen_[directory];
    had_failed = !seen.status.ok();
    seen = {true, absl::OkStatus(), *scan};
  }
  if (had_failed) {
    LogInfo("model repository can be read now", {{"repository", directory}});
  }
  return *std::move(scan);
}

RepositoryScan ModelCatalog::Last(const std::string& directory,
                                  const absl::Status& why) const {
  MutexLock lock(&mu_);
  Seen& seen = seen_[directory];
  seen.status = why;
  RepositoryScan last = seen.scan;
  for (CatalogModel& model : last.models) model.is_stale = true;
  last.remarks.push_back(Unread(directory, why, seen.was_read));
  return last;
}

std::vector<absl::Status> ModelCatalog::States() const {
  std::vector<absl::Status> states;
  MutexLock lock(&mu_);
  for (const std::string& directory : directories_) {
    const Seen& seen = seen_[directory];
    const bool was_seen = seen.was_read || !seen.status.ok();
    states.push_back(was_seen ? seen.status
                              : absl::UnavailableError("not looked at yet"));
  }
  return states;
}

bool ModelCatalog::HasReadAll() const {
  MutexLock lock(&mu_);
  for (const std::string& directory : directories_) {
    if (!seen_[directory].was_read) return false;
  }
  return found_.size() == paths_.size();
}

CatalogModel ModelCatalog::ScanPathOrLast(
    const ModelPath& path, std::vector<ScanRemark>* remarks) const {
  CatalogModel model = ScanModelPath(path, {defaults_, {}}, remarks);
  MutexLock lock(&mu_);
  if (!absl::IsUnavailable(model.status)) return found_[path.name] = model;
  const auto last = found_.find(path.name);
  remarks->push_back(Unfound(path, model.status, last != found_.end()));
  if (last == found_.end()) return model;
  model = last->second;
  model.is_stale = true;
  return model;
}

std::vector<CatalogModel> ModelCatalog::ScanAll() const {
  std::map<std::string, CatalogModel> models;
  std::vector<ScanRemark> remarks;
  for (const ModelPath& path : paths_) {
    models[path.name] = ScanPathOrLast(path, &remarks);
  }
  for (const std::string& directory : directories_) {
    RepositoryScan scan = ScanOrLast(directory);
    remarks.insert(remarks.end(), scan.remarks.begin(), scan.remarks.end());
    for (CatalogModel& model : scan.models) {
      const auto [at, is_first] = models.try_emplace(model.name, model);
      if (!is_first) remarks.push_back(HiddenModel(model));
    }
  }
  log_.Tell(remarks);
  std::vector<CatalogModel> sorted;
  for (auto& [name, model] : models) sorted.push_back(std::move(model));
  return sorted;
}

absl::StatusOr<CatalogModel> ModelCatalog::ScanOne(
    const ScanOptions& options) const {
  RETURN_IF_ERROR(CheckModelName(options.only));
  for (const ModelPath& path : paths_) {
    if (path.name != options.only) continue;
    std::vector<ScanRemark> remarks;
    CatalogModel model = ScanModelPath(path, options, &remarks);
    log_.Tell(remarks, options.only);
    return model;
  }
  for (const std::string& directory : directories_) {
    absl::StatusOr<RepositoryScan> scan = Look(directory, options);
    if (!scan.ok()) {
      return absl::UnavailableError(
          absl::StrCat("the model repository that may have '", options.only,
                       "' cannot be read: ", scan.status().message()));
    }
    if (scan->models.empty()) continue;
    log_.Tell(scan->remarks, options.only);
    return std::move(scan->models.front());
  }
  return absl::NotFoundError(absl::StrCat(
      "Request for unknown model: '", options.only,
      "' is not found; no model repository has a folder or file of that name"));
}

absl::StatusOr<CatalogModel> ModelCatalog::Scan(
    const std::string& model) const {
  return ScanOne({defaults_, model});
}

absl::StatusOr<CatalogModel> ModelCatalog::ScanWith(
    const ModelConfigFile& config, const std::string& model) const {
  return ScanOne({defaults_, model, &config});
}

}  // namespace sconce
