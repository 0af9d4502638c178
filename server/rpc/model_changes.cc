#include "server/rpc/model_changes.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/core/model_routes.h"
#include "server/rpc/model_versions.h"

namespace sconce {
namespace {

using Versions = google::protobuf::RepeatedField<int64_t>;

// No model has more versions at a time; a request with millions of them would
// hold up others.
constexpr int kMostEntries = 1000;

absl::Status TooMany(absl::string_view what, int count) {
  return absl::InvalidArgumentError(absl::StrCat(
      what, " has ", count, " entries, expected at most ", kMostEntries));
}

absl::Status CheckVersions(const Versions& versions) {
  if (versions.size() > kMostEntries) {
    return TooMany("versions", versions.size());
  }
  for (const int64_t version : versions) RETURN_IF_ERROR(CheckVersion(version));
  return absl::OkStatus();
}

absl::Status CheckAliases(const management::v1::SetAliasesRequest& request) {
  for (const auto& [alias, version] : request.set()) {
    RETURN_IF_ERROR(CheckAlias(alias));
    RETURN_IF_ERROR(CheckVersion(version));
  }
  for (const std::string& alias : request.remove()) {
    RETURN_IF_ERROR(CheckAlias(alias));
    if (request.set().count(alias) > 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("alias '", alias,
                       "' is in `set` and in `remove`; expected one of them"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TrafficShare>> ParseShares(
    const management::v1::SetTrafficRequest& request) {
  if (request.shares_size() > kMostEntries) {
    return TooMany("shares", request.shares_size());
  }
  std::vector<TrafficShare> shares;
  for (const auto& share : request.shares()) {
    RETURN_IF_ERROR(CheckVersion(share.version()));
    shares.push_back({share.version(), share.weight()});
  }
  RETURN_IF_ERROR(CheckTraffic(shares));
  return shares;
}

}  // namespace

void LoadModel(ModelControl* control,
               const management::v1::LoadModelRequest& request,
               DeferredDone done) {
  const absl::Status checked = CheckVersions(request.versions());
  if (!checked.ok()) return done(checked);
  ModelLoadRequest load;
  load.model = request.name();
  load.versions.assign(request.versions().begin(), request.versions().end());
  control->Load(std::move(load), std::move(done));
}

void UnloadModel(ModelControl* control,
                 const management::v1::UnloadModelRequest& request,
                 DeferredDone done) {
  const absl::Status checked = CheckVersions(request.versions());
  if (!checked.ok()) return done(checked);
  control->Unload(request.name(),
                  {request.versions().begin(), request.versions().end()},
                  std::move(done));
}

void DeleteVersion(ModelControl* control,
                   const management::v1::DeleteVersionRequest& request,
                   DeferredDone done) {
  const absl::Status checked = CheckVersion(request.version());
  if (!checked.ok()) return done(checked);
  control->DeleteVersion({request.name(), request.version()}, std::move(done));
}

void SetAliases(ModelControl* control,
                const management::v1::SetAliasesRequest& request,
                DeferredDone done) {
  const absl::Status checked = CheckAliases(request);
  if (!checked.ok()) return done(checked);
  std::map<std::string, int64_t> set;
  for (const auto& [alias, version] : request.set()) set[alias] = version;
  control->SetAliases(request.name(), std::move(set),
                      {request.remove().begin(), request.remove().end()},
                      std::move(done));
}

void SetTraffic(ModelControl* control,
                const management::v1::SetTrafficRequest& request,
                DeferredDone done) {
  auto shares = ParseShares(request);
  if (!shares.ok()) return done(shares.status());
  control->SetTraffic(request.name(), *std::move(shares), std::move(done));
}

void Rollback(ModelControl* control,
              const management::v1::RollbackRequest& request,
              management::v1::RollbackResponse* response, DeferredDone done) {
  control->Rollback(request.name(),
                    [response, done = std::move(done)](
                        const absl::StatusOr<int64_t>& version) {
                      if (version.ok()) response->set_version(*version);
                      done(version.status());
                    });
}

void InspectModel(ModelControl* control,
                  const management::v1::InspectModelRequest& request,
                  management::v1::InspectModelResponse* response,
                  DeferredDone done) {
  const auto version = RepositoryVersion(*control, request.name(),
                                         request.version(), request.alias());
  if (!version.ok()) return done(version.status());
  response->set_name(request.name());
  response->set_version(*version);
  control->Inspect(
      {request.name(), *version},
      [response, done = std::move(done)](absl::StatusOr<std::string> json) {
        if (!json.ok()) return done(json.status());
        response->set_json(*std::move(json));
        done(absl::OkStatus());
      });
}

}  // namespace sconce
