#include "server/sources/load_override.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "server/base/status_macros.h"
#include "server/sources/model_config.h"
#include "server/sources/repository_path.h"
#include "server/sources/version_policy.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

using Files = std::map<std::string, std::string>;

// The version that a file is for.
absl::StatusOr<int64_t> VersionOf(const std::string& path) {
  const std::vector<std::string> parts = absl::StrSplit(path, '/');
  const auto version = ParseVersion(parts[0]);
  if (parts.size() != 2 || !version || !CheckModelName(parts[1]).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the file ", QuotedName(path),
                     " cannot be; expected '<version>/<name>' in printable "
                     "ASCII, such as '1/model.pt'"));
  }
  return *version;
}

absl::StatusOr<std::vector<int64_t>> VersionsOf(const Files& files) {
  std::set<int64_t> versions;
  for (const auto& [path, bytes] : files) {
    ASSIGN_OR_RETURN(const int64_t version, VersionOf(path));
    versions.insert(version);
  }
  return std::vector<int64_t>(versions.begin(), versions.end());
}

absl::StatusOr<ModelConfigFile> ReadConfig(const ModelCatalog& catalog,
                                           const ModelLoadRequest& request) {
  if (!request.config_json) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the parameter ", QuotedName("file:" + request.files.begin()->first),
        " requires config: send the model's configuration as JSON in the "
        "parameter 'config', at least {}"));
  }
  ASSIGN_OR_RETURN(ModelConfigFile config,
                   ParseModelConfigJson(*request.config_json, request.model,
                                        catalog.defaults()));
  for (const std::string& field : config.ignored) {
    LogWarning("config field is set but not honoured",
               {{"model", request.model}, {"field", field}});
  }
  return config;
}

absl::StatusOr<CatalogModel> OfRepository(const ModelCatalog& catalog,
                                          const ModelConfigFile& config,
                                          const std::string& name) {
  ASSIGN_OR_RETURN(CatalogModel model, catalog.ScanWith(config, name));
  if (!model.bare_file.empty() && config.archive_file_name != "model.pt" &&
      config.archive_file_name != model.bare_file) {
    return absl::InvalidArgumentError(absl::StrCat(
        "config: default_model_filename is '", config.archive_file_name,
        "', but the model is the single file '", model.bare_file, "'"));
  }
  return model;
}

}  // namespace

LoadOverride::LoadOverride(std::unique_ptr<PrivateFolder> folder,
                           CatalogModel model)
    : folder_(std::move(folder)), model_(std::move(model)) {}

absl::StatusOr<std::unique_ptr<LoadOverride>> LoadOverride::Create(
    const ModelCatalog& catalog, const ModelLoadRequest& request) {
  RETURN_IF_ERROR(CheckModelName(request.model));
  ASSIGN_OR_RETURN(const ModelConfigFile config, ReadConfig(catalog, request));
  if (request.files.empty()) {
    ASSIGN_OR_RETURN(CatalogModel model,
                     OfRepository(catalog, config, request.model));
    return std::unique_ptr<LoadOverride>(
        new LoadOverride(nullptr, std::move(model)));
  }
  CatalogModel model;
  model.name = request.model;
  ApplyConfig(config, &model);
  ASSIGN_OR_RETURN(model.versions, VersionsOf(request.files));
  ASSIGN_OR_RETURN(auto folder,
                   PrivateFolder::Create(catalog.directories().empty()
                                             ? ""
                                             : catalog.directories().front()));
  for (const auto& [path, bytes] : request.files) {
    RETURN_IF_ERROR(folder->Write(path, bytes));
  }
  model.root = folder->path().string();
  return std::unique_ptr<LoadOverride>(
      new LoadOverride(std::move(folder), std::move(model)));
}

}  // namespace sconce
