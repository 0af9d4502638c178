// RepositoryController's half that keeps what clients decided.
#include <chrono>
#include <set>
#include <string>
#include <utility>

#include "server/sources/repository_controller.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

// How often a server looks whether the one that keeps the state has ended.
constexpr auto kTakeOverPeriod = std::chrono::seconds(3);

}  // namespace

void RepositoryController::ReadState() {
  keeper_ = options_.state_file->Keep(options_.mode == ControlMode::kExplicit);
  records_ = read_ = options_.state_file->Read();
  if (keeper_ == StateKeeper::kAnother) {
    WarnNotStored(CheckKeeper("what clients change is not stored"));
    options_.refresh_at(options_.clock->Now() + kTakeOverPeriod);
  }
}

absl::Status RepositoryController::CheckKeeper(absl::string_view what) const {
  if (keeper_ != StateKeeper::kAnother) return absl::OkStatus();
  return KeptByAnother(what);
}

void RepositoryController::Keep(bool make_folder) {
  if (keeper_ == StateKeeper::kThisServer) return;
  if (loads_under_way_ == 0) keeper_ = options_.state_file->Keep(make_folder);
  if (keeper_ == StateKeeper::kThisServer) TakeOver();
  if (keeper_ == StateKeeper::kAnother) {
    options_.refresh_at(options_.clock->Now() + kTakeOverPeriod);
  }
}

void RepositoryController::TakeOver() {
  const RegistryState now = options_.state_file->Read();
  std::set<std::string> names;
  for (const auto& [name, record] : now) names.insert(name);
  for (const auto& [name, record] : read_) names.insert(name);
  for (const std::string& name : names) {
    const auto found = now.find(name);
    const ModelRecord left = found == now.end() ? ModelRecord() : found->second;
    if (left != read_[name]) Adopt(name, read_[name], left);
  }
  LogInfo("the registry's state is kept by this server from now on");
  if (!records_.empty()) Save();
}

// What the other server's clients did not touch is as this one's have it.
void RepositoryController::Adopt(const std::string& model,
                                 const ModelRecord& before,
                                 const ModelRecord& left) {
  LogInfo("model becomes what another server left it as", {{"model", model}});
  ModelRecord& record = Record(model);
  record.history = left.history;
  if (left.routes != before.routes) {
    record.routes = left.routes;
    ApplyRoutes(model, left.routes);
  }
  if (left.loaded == before.loaded && left.versions == before.versions) return;
  record.loaded = left.loaded;
  record.versions = left.versions;
  record.chosen = left.chosen;
  if (options_.mode != ControlMode::kExplicit) return;
  if (left.loaded) {
    if (!Restore(model)) had_loaded_.insert(model);  // later
    return;
  }
  AspiredModel none{model};
  none.unload_at_once = VersionsOf(ServingSpecs(model));
  Aspire(std::move(none), [](const absl::Status&) {});
}

void RepositoryController::Save() {
  if (keeper_ == StateKeeper::kAnother) return;  // which Start() told
  const absl::Status written = options_.state_file->Write(records_);
  if (!written.ok()) WarnNotStored(written);
}

void RepositoryController::WarnNotStored(const absl::Status& why) {
  LogWarning("the registry's state is not stored; a restart forgets it",
             {{"reason", why.message()}});
}

}  // namespace sconce
