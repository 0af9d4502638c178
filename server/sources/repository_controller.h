// RepositoryController: decides which versions of the repositories' models the
// Manager is to serve.
#ifndef SERVER_SOURCES_REPOSITORY_CONTROLLER_H_
#define SERVER_SOURCES_REPOSITORY_CONTROLLER_H_

#include <atomic>
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
#include "server/sources/version_specs.h"

namespace sconce {

// In place of a model's name: all that there are.
inline constexpr char kEveryModel[] = "*";

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
    // Asks for a Refresh() at that time although nothing changes until then.
    std::function<void(MonoTime)> refresh_at;
    // How long after a failure that may pass a load is tried again, and after
    // which time a repository that cannot be read is looked at again.
    MonoDuration retry_period = std::chrono::seconds(15);
    // Called once, when every repository was read and what is to be loaded at
    // the start is stated.
    std::function<void()> on_started = [] {};
    const Clock* clock = Clock::Real();
  };

  explicit RepositoryController(Options options);

  // Reads the state file, and keeps it from now on, or as soon as the server
  // that does has ended: then what that one changed meanwhile applies. Looks at
  // the repositories and states what is wanted. Where clients decide, that is
  // what they had loaded, and `models` ("*": all that there are). The start
  // goes on, whatever the mode, until every repository was read once.
  void Start(const std::vector<std::string>& models);

  // The repositories may have changed, a file that was being written may be
  // complete, or what made a load fail may be over.
  void Refresh() ABSL_LOCKS_EXCLUDED(mu_);

  // From now on CheckExplicit() refuses. Any thread may call it.
  void Close() { closed_ = true; }

  // FAILED_PRECONDITION while another server keeps the state: then the files
  // are not this one's to change. Any thread may call it.
  absl::Status CheckKeeper(absl::string_view what) const;

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

  // Where the repository has a version; 0 is the highest. NOT_FOUND.
  absl::StatusOr<ServableSpec> Locate(const ServableId& id) const;

  // FAILED_PRECONDITION, naming the flag, where clients do not decide.
  // UNAVAILABLE after Close(). Any thread may call it, as the two that follow.
  absl::Status CheckExplicit(absl::string_view what) const;

  std::vector<RepositoryModel> RepositoryModels() const;
  ModelRoutes Routes(absl::string_view model) const ABSL_LOCKS_EXCLUDED(mu_);

 private:
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

  void Look();
  void EndStart();
  void RestoreAll();
  void RefreshWanted(const std::vector<CatalogModel>& models);
  void DropAllBut(const std::vector<CatalogModel>& models);
  // Whether a load of the model failed for what may be over by now: memory was
  // short, or no process could be started.
  bool MayPass(const std::string& model) const;
  void RetryLater(const std::string& model);
  VersionSpecs SettledSpecs(const CatalogModel& model,
                            std::set<std::string>* keys);
  bool IsSettled(const ServableSpec& spec);
  // False: it is not known yet what the repositories have of it.
  bool Restore(const std::string& model);
  void StateMissing(const std::string& model, const absl::Status& why);

  // What the version policy picks, what routes lead to, and what is published.
  VersionSpecs ByPolicy(const CatalogModel& model) const;
  // States what is wanted; `done` is called on the controller's thread.
  void Aspire(AspiredModel wanted, Done done);
  // What a client's request was about, and waits for; none: all that is wanted.
  struct Asked {
    std::vector<int64_t> versions;
    bool by_number = false;  // the client chose them, or none at all
  };
  // The same for a client's request: what comes of it is recorded.
  void AspireAndRecord(AspiredModel wanted, const Asked& asked,
                       std::shared_ptr<LoadOverride> keep, Done done);
  VersionSpecs ServingSpecs(const std::string& model) const;
  // What the Manager has in states like these.
  VersionSpecs RegisteredSpecs(const std::string& model,
                               bool (*is_meant)(ServableState)) const;
  void WantWhatServes(const AspiredModel& stated);
  void RecordLoaded(const std::string& model,
                    const std::vector<int64_t>& versions,
                    std::optional<int64_t> served_before);
  void KeepRouted(const std::string& model, VersionSpecs* specs) const;
  AspiredModel Wanted(const std::string& model) const;

  std::optional<int64_t> ServedVersion(const std::string& model) const;
  // The same with other routes than now.
  std::optional<int64_t> ServedVersion(const std::string& model,
                                       const ModelRoutes& routes) const;
  std::optional<int64_t> EarlierVersion(const CatalogModel& model) const;
  absl::Status CheckKnown(const std::string& model) const;
  // The same, but to take routes away a model need not be loaded, nor be there.
  absl::Status CheckRoutable(const std::string& model, bool adds) const;
  // FAILED_PRECONDITION unless it is ready.
  absl::Status CheckReady(const std::string& model, int64_t version) const;
  absl::Status CheckUnrouted(const ServableId& id) const;

  void FinishRollback(const std::string& model, int64_t target,
                      std::optional<int64_t> replaced, const VersionDone& done);
  // Wanted or loaded.
  std::set<int64_t> LoadedVersions(const std::string& model) const;
  void LoadPublished(std::shared_ptr<StagedUpload> upload,
                     const CatalogModel& model, int64_t version,
                     const VersionDone& done);
  void EndPublish(const CatalogModel& model, int64_t version, bool loaded);
  void TakeBack(const CatalogModel& model, int64_t version);

  // Where nothing can be stored at all, a warning; with other errors the routes
  // stay as they were.
  absl::Status StoreRoutes(const std::string& model, ModelRoutes routes);

  void ApplyRoutes(const std::string& model, ModelRoutes routes);
  // Keeps the state file if nobody else does, and reads it.
  void ReadState();
  // The same as soon as nobody else does. Comes before anything else that
  // is asked for: what another server has left is older.
  void Keep(bool make_folder);
  // Another server may have kept the file until now: takes what it changed.
  void TakeOver();
  void Adopt(const std::string& model, const ModelRecord& before,
             const ModelRecord& left);
  ModelRecord& Record(const std::string& model) { return records_[model]; }
  void Save();
  static void WarnNotStored(const absl::Status& why);

  const Options options_;
  RegistryState records_;
  RegistryState read_;  // what the file held when it was read
  std::atomic<StateKeeper> keeper_ = StateKeeper::kNobody;
  int loads_under_way_ = 0;  // of clients, which their end records
  std::map<std::string, AspiredModel> wanted_;
  std::map<std::string, Publishing> publishing_;
  SettledFiles settled_;
  KnownModels known_;
  std::set<std::string> start_models_;  // what flags name
  std::set<std::string> had_loaded_;    // what clients had loaded before
  std::set<std::string> restored_;      // of both
  bool started_ = false;                // every repository was read
  std::atomic<bool> closed_ = false;

  mutable Mutex mu_;
  std::map<std::string, ModelRoutes, std::less<>> routes_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_SOURCES_REPOSITORY_CONTROLLER_H_
