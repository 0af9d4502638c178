#include "server/rpc/repository_parameters.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

using inference::ModelRepositoryParameter;

constexpr char kConfig[] = "config";
constexpr char kFilePrefix[] = "file:";
constexpr char kUnloadDependents[] = "unload_dependents";

absl::Status WrongType(absl::string_view name, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(
      "parameter '", name, "' has the wrong type; expected ", expected));
}

bool IsFileName(absl::string_view name) {
  const auto breaks_out = [](char c) {
    return c == '/' || c == '\\' ||
           absl::ascii_iscntrl(static_cast<unsigned char>(c));
  };
  return !name.empty() && name[0] != '.' &&
         std::none_of(name.begin(), name.end(), breaks_out);
}

// "<version>/<name>", as it would lie in the model's folder.
absl::Status CheckFilePath(absl::string_view path) {
  const size_t slash = path.find('/');
  const absl::string_view folder = path.substr(0, slash);
  int64_t version = 0;
  if (slash != absl::string_view::npos &&
      std::all_of(folder.begin(), folder.end(), absl::ascii_isdigit) &&
      absl::SimpleAtoi(folder, &version) && version > 0 &&
      IsFileName(path.substr(slash + 1))) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("parameter 'file:", path,
                   "' names no file of a version; expected "
                   "file:<version>/<name>, e.g. file:1/model.pt"));
}

absl::Status TakeFile(absl::string_view key, ModelRepositoryParameter* value,
                      ModelLoadRequest* load) {
  const absl::string_view path = absl::StripPrefix(key, kFilePrefix);
  RETURN_IF_ERROR(CheckFilePath(path));
  if (value->parameter_choice_case() != ModelRepositoryParameter::kBytesParam) {
    return WrongType(key, "the file's bytes in bytes_param");
  }
  load->files[std::string(path)] = std::move(*value->mutable_bytes_param());
  return absl::OkStatus();
}

absl::Status TakeParameter(const std::string& key,
                           ModelRepositoryParameter* value,
                           ModelLoadRequest* load) {
  if (absl::StartsWith(key, kFilePrefix)) return TakeFile(key, value, load);
  if (key != kConfig) {
    return absl::InvalidArgumentError(absl::StrCat(
        "unrecognized load parameter '", key, "' in load request for model '",
        load->model, "'; expected 'config' or 'file:<version>/<name>'"));
  }
  if (value->parameter_choice_case() !=
      ModelRepositoryParameter::kStringParam) {
    return WrongType(key, "a ModelConfig as JSON text in string_param");
  }
  load->config_json = std::move(*value->mutable_string_param());
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRepositoryName(absl::string_view name) {
  if (name.empty()) return absl::OkStatus();
  return absl::UnimplementedError(
      absl::StrCat("repository_name is '", name,
                   "', expected nothing: all repositories form one index"));
}

absl::StatusOr<ModelLoadRequest> TakeLoadRequest(
    inference::RepositoryModelLoadRequest* request) {
  RETURN_IF_ERROR(CheckRepositoryName(request->repository_name()));
  ModelLoadRequest load;
  load.model = request->model_name();
  for (auto& [key, value] : *request->mutable_parameters()) {
    RETURN_IF_ERROR(TakeParameter(key, &value, &load));
  }
  if (!load.files.empty() && !load.config_json) {
    return absl::InvalidArgumentError(absl::StrCat(
        "failed to load '", load.model,
        "': parameter 'file:", load.files.begin()->first,
        "' is given without 'config'; files need a config that fits them"));
  }
  return load;
}

absl::Status CheckUnloadRequest(
    const inference::RepositoryModelUnloadRequest& request) {
  RETURN_IF_ERROR(CheckRepositoryName(request.repository_name()));
  for (const auto& [key, value] : request.parameters()) {
    if (key != kUnloadDependents) {
      return absl::InvalidArgumentError(
          absl::StrCat("unrecognized unload parameter '", key,
                       "' in unload request for model '", request.model_name(),
                       "'; expected 'unload_dependents'"));
    }
    if (value.parameter_choice_case() != ModelRepositoryParameter::kBoolParam) {
      return WrongType(key, "it in bool_param");
    }
  }
  return absl::OkStatus();
}

}  // namespace sconce
