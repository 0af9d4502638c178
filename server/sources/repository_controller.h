// RepositoryController: decides which versions of the repositories' models the
// Manager is to serve.
#ifndef SERVER_SOURCES_REPOSITORY_CONTROLLER_H_
#define SERVER_SOURCES_REPOSITORY_CONTROLLER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/core/manager.h"
#include "server/core/model_control.h"
#include "server/sources/control_mode.h"
#include "server/sources/known_models.h"
#include "server/sources/load_override.h"
#include "server/sources/model_catalog.h"
#include "server/sources/registry_state.h"
#include "server/sources/settled_files.h"
#include "server/sources/upload_store.h"

namespace sconce {

// Runs on one thread at a time (RepositoryControl's) but for what says
// otherwise. Reads the disk and never waits for a load: what is to be
// done after one comes back through Options::post.
class RepositoryController {
 public:
  using Done = ModelControl::Done;
  using VersionDone = std::function<void(absl::StatusOr<int64_t>)>;

  struct Options {
    ControlMode mode = ControlMode::kNone;
    const ModelCatalog* catalog = nullptr;  // borrowed, as all of these
    Manager* manager = nullptr;
    RegistryStateFile* state_file = nullptr;
    // Runs a function on the controller's thread, later.
    std::function<void(std::function<void()>)> post;
    // How long after a failure that may pass a load is tried again.
    MonoDuration retry_period = std::chrono::seconds(15);
    const Clock* clock = Clock::Real();
  };

  explicit RepositoryController(Options options);

  // Reads the state file, looks at the repositories and states what is wanted.
  // Where clients decide, that is what they had loaded, and `models` ("*": all
  // that there are).
  void Start(const std::vector<std::string>& models);

  // The repositories may have changed. Returns when to call again although
  // nothing more changes: when a file that is being written may be complete.
  std::optional<MonoTime> Refresh() ABSL_LOCKS_EXCLUDED(mu_);

  // As in ModelControl.
  void Load(const ModelLoadRequest& request, Done done);
  void Unload(const std::string& model, const std::vector<int64_t>& versions,
              const Done& done);
  void DeleteVersion(const ServableId& id, const Done& done);
  void SetAliases(const std::string& model,
                  const std::map<std::string, int64_t>& set,
                  const std::vector<std::string>& remove, const Done& done);
  void SetTraffic(const std::string& model,
                  const std::vector<TrafficShare>& shares, const Done& done);
  void Rollback(const std::string& model, const VersionDone& done);

  // Puts the archive into the repository as this version (0: the next one) and
  // loads it; takes it out again when that fails.
  void Publish(std::shared_ptr<StagedUpload> upload, const std::string& model,
               int64_t version, const VersionDone& done);

  // Where to find a version; 0 is the highest. NOT_FOUND.
  absl::StatusOr<ServableSpec> Locate(const ServableId& id) const;

  // FAILED_PRECONDITION, naming the flag, where clients do not decide. Any
  // thread may call it, as the two that follow.
  absl::Status CheckExplicit(absl::string_view what) const;

  std::vector<RepositoryModel> RepositoryModels() const;
  ModelRoutes Routes(absl::string_view model) const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using Specs = std::vector<ServableSpec>;

  // Uploads of one model whose loads go on.
  struct Publishing {
    std::set<int64_t> versions;
    AspiredModel before;  // what is wanted when they all fail
    AspiredModel asked;   // what the last of them stated
  };

  // The model as it is on the disk; INVALID_ARGUMENT, NOT_FOUND.
  absl::StatusOr<CatalogModel> Scan(const std::string& model) const;
  absl::StatusOr<CatalogModel> Find(const ModelLoadRequest& request,
                                    std::shared_ptr<LoadOverride>* keep) const;

  void RefreshWanted(const std::vector<CatalogModel>& models);
  // Whether a load of the model failed for what may be over by now: memory was
  // short, or no process could be started.
  bool MayPass(const std::string& model) const;
  bool AnyMayPass() const;
  Specs SettledSpecs(const CatalogModel& model, std::set<std::string>* keys);
  bool IsSettled(const ServableSpec& spec);
  void Restore(const std::string& model);

  // What the version policy picks, what routes lead to, and what is published.
  Specs ByPolicy(const CatalogModel& model) const;
  // States what is wanted; `done` is called on the controller's thread.
  void Aspire(AspiredModel wanted, Done done);
  // The same for a client's request, which asked for these versions (none: for
  // all that is wanted): what comes of it is recorded.
  void AspireAndRecord(AspiredModel wanted, const std::vector<int64_t>& asked,
                       std::shared_ptr<LoadOverride> keep, Done done);
  Specs ServingSpecs(const std::string& model) const;
  void WantWhatServes(const AspiredModel& stated);
  absl::Status OutcomeOf(const std::string& model,
                         const std::vector<int64_t>& asked,
                         absl::Status of_all) const;
  void RecordLoaded(const std::string& model,
                    const std::vector<int64_t>& versions,
                    std::optional<int64_t> served_before);
  void KeepRouted(const std::string& model, Specs* specs) const;
  AspiredModel Wanted(const std::string& model) const;

  std::optional<int64_t> ServedVersion(const std::string& model) const;
  std::optional<int64_t> EarlierVersion(const CatalogModel& model) const;
  absl::Status CheckKnown(const std::string& model) const;
  // FAILED_PRECONDITION unless it is ready.
  absl::Status CheckReady(const std::string& model, int64_t version) const;
  absl::Status CheckUnrouted(const ServableId& id) const;

  void FinishRollback(const std::string& model, int64_t target,
                      std::optional<int64_t> replaced, const VersionDone& done);
  void LoadPublished(std::shared_ptr<StagedUpload> upload,
                     const CatalogModel& model, int64_t version,
                     const VersionDone& done);
  void EndPublish(const CatalogModel& model, int64_t version, bool loaded);
  Specs BeyondPolicy(CatalogModel model, int64_t added) const;
  void TakeBack(const CatalogModel& model, int64_t version);

  void ApplyRoutes(const std::string& model, ModelRoutes routes);
  ModelRecord& Record(const std::string& model) { return records_[model]; }
  void Save();

  const Options options_;
  RegistryState records_;
  std::map<std::string, AspiredModel> wanted_;
  std::map<std::string, Publishing> publishing_;
  SettledFiles settled_;
  KnownModels known_;
  bool first_look_ = true;

  mutable Mutex mu_;
  std::map<std::string, ModelRoutes, std::less<>> routes_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_SOURCES_REPOSITORY_CONTROLLER_H_
