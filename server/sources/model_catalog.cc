#include "server/sources/model_catalog.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/sources/folder_entries.h"
#include "server/sources/repository_path.h"

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

}  // namespace

ModelCatalog::ModelCatalog(std::vector<std::string> directories,
                           ServableConfig defaults)
    : directories_(std::move(directories)), defaults_(std::move(defaults)) {}

absl::Status ModelCatalog::Check() const {
  for (const std::string& directory : directories_) {
    const absl::Status read = FolderEntries(directory).status();
    if (read.ok()) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "model repository '", directory, "' cannot be read: ", read.message(),
        "; --model-repository takes a folder of models"));
  }
  return absl::OkStatus();
}

RepositoryScan ModelCatalog::ScanOrLast(const std::string& directory) const {
  absl::StatusOr<RepositoryScan> scan = ScanRepository(directory, {defaults_});
  MutexLock lock(&mu_);
  if (scan.ok()) return last_[directory] = *std::move(scan);
  RepositoryScan last = last_[directory];
  for (CatalogModel& model : last.models) model.is_stale = true;
  last.remarks.push_back(
      {"", LogLevel::kError,
       "model repository cannot be read; its models stay as they are",
       "repository", directory, "reason",
       std::string(scan.status().message())});
  return last;
}

std::vector<CatalogModel> ModelCatalog::ScanAll() const {
  std::map<std::string, CatalogModel> models;
  std::vector<ScanRemark> remarks;
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
  for (const std::string& directory : directories_) {
    absl::StatusOr<RepositoryScan> scan = ScanRepository(directory, options);
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
