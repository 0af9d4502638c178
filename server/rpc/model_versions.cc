#include "server/rpc/model_versions.h"

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/core/model_routes.h"

namespace sconce {

absl::Status CheckVersion(int64_t version) {
  if (version > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("version is ", version, ", expected a number above 0"));
}

absl::StatusOr<std::optional<int64_t>> NamedVersion(const ModelControl* control,
                                                    const std::string& model,
                                                    int64_t version,
                                                    const std::string& alias) {
  if (alias.empty()) {
    if (version == 0) return std::optional<int64_t>();
    RETURN_IF_ERROR(CheckVersion(version));
    return std::optional<int64_t>(version);
  }
  if (version != 0) {
    return absl::InvalidArgumentError(absl::StrCat("version is ", version,
                                                   " and alias '", alias,
                                                   "'; expected one of them"));
  }
  RETURN_IF_ERROR(CheckAlias(alias));
  const ModelRoutes routes =
      control != nullptr ? control->Routes(model) : ModelRoutes();
  const auto found = routes.aliases.find(alias);
  if (found != routes.aliases.end()) {
    return std::optional<int64_t>(found->second);
  }
  return absl::NotFoundError(
      absl::StrCat("model '", model, "' has no alias '", alias,
                   "'; ListModels tells those that there are"));
}

absl::StatusOr<int64_t> RepositoryVersion(const ModelControl& control,
                                          const std::string& model,
                                          int64_t version,
                                          const std::string& alias) {
  ASSIGN_OR_RETURN(const std::optional<int64_t> named,
                   NamedVersion(&control, model, version, alias));
  if (named) return *named;  // whether it is there, the control knows
  for (const RepositoryModel& found : control.RepositoryModels()) {
    if (found.name == model && !found.versions.empty()) {
      return found.versions.back();
    }
  }
  return absl::NotFoundError(
      absl::StrCat("model '", model,
                   "' is in no repository; ListModels tells those that are"));
}

}  // namespace sconce
