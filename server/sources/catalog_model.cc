#include "server/sources/catalog_model.h"

#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "server/sources/repository_path.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

// Beneath the model's root.
std::string ArchiveOf(const CatalogModel& model, int64_t version) {
  if (!model.bare_file.empty()) return model.bare_file;
  return fs::path(model.folder) / absl::StrCat(version) /
         model.archive_file_name;
}

std::string RevisionOf(const std::string& path,
                       const std::string& config_revision) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) return "";
  return absl::StrJoin({static_cast<int64_t>(file.st_dev),
                        static_cast<int64_t>(file.st_ino),
                        static_cast<int64_t>(file.st_size),
                        static_cast<int64_t>(file.st_mtim.tv_sec),
                        static_cast<int64_t>(file.st_mtim.tv_nsec),
                        static_cast<int64_t>(file.st_ctim.tv_sec),
                        static_cast<int64_t>(file.st_ctim.tv_nsec)},
                       ".") +
         ":" + config_revision;
}

// What is broken in another way has another revision, so that it is tried
// again.
ServableSpec BrokenSpec(const CatalogModel& model, int64_t version,
                        const absl::Status& status) {
  const std::string path = fs::path(model.root) / model.folder;
  const size_t why = std::hash<std::string>()(status.ToString());
  return {{model.name, version},
          path,
          model.config,
          status,
          absl::StrCat("broken.", why, ":", model.config_revision)};
}

// Without links, so that what is proven is what is loaded.
absl::StatusOr<fs::path> RealPath(const CatalogModel& model,
                                  const std::string& archive) {
  if (!model.has_own_path) return ResolveBeneath(model.root, archive);
  std::error_code error;
  const fs::path real = fs::canonical(fs::path(model.root) / archive, error);
  if (!error) return real;
  return absl::NotFoundError(error.message());
}

absl::Status NoSuchVersion(const CatalogModel& model, int64_t version) {
  return absl::NotFoundError(absl::StrCat(
      "Request for unknown model: '", model.name, "' version ", version,
      " is not found; the model repository has the versions ",
      absl::StrJoin(model.versions, ",")));
}

}  // namespace

void ApplyConfig(const ModelConfigFile& config, CatalogModel* model) {
  model->config = config.servable;
  model->version_policy = config.version_policy;
  model->reload_policy = config.reload_policy;
  model->archive_file_name = config.archive_file_name;
  model->config_revision = config.revision;
}

absl::Status CheckWritable(const CatalogModel& model, absl::string_view what) {
  if (!model.has_own_path) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "'", model.name, "' is not in a model repository, but where ",
      "the flag --model says; ", what));
}

ServableSpec SpecOf(const CatalogModel& model, int64_t version) {
  if (!model.status.ok()) return BrokenSpec(model, version, model.status);
  if (!absl::c_linear_search(model.versions, version)) {
    return BrokenSpec(model, version, NoSuchVersion(model, version));
  }
  const std::string archive = ArchiveOf(model, version);
  const absl::StatusOr<fs::path> real = RealPath(model, archive);
  if (absl::IsInvalidArgument(real.status())) {
    return BrokenSpec(model, version, real.status());
  }
  // Of an archive that is not there (any more) the loader tells it.
  const std::string path =
      (real.ok() ? *real : fs::path(model.root) / archive).string();
  return {{model.name, version},
          path,
          model.config,
          absl::OkStatus(),
          RevisionOf(path, model.config_revision)};
}

std::vector<ServableSpec> ChosenSpecs(const CatalogModel& model) {
  const int64_t last = model.versions.empty() ? 1 : model.versions.back();
  if (!model.status.ok()) return {BrokenSpec(model, last, model.status)};
  std::vector<ServableSpec> specs;
  for (int64_t version : ChooseVersions(model.version_policy, model.versions)) {
    specs.push_back(SpecOf(model, version));
  }
  if (specs.empty()) {
    specs.push_back(BrokenSpec(
        model, last,
        absl::InvalidArgumentError(absl::StrCat(
            "config.pbtxt: version_policy picks none of the versions ",
            absl::StrJoin(model.versions, ",")))));
  }
  return specs;
}

}  // namespace sconce
