// RepositoryControl: the models of the repositories, under the control that the
// flags name.
#ifndef SERVER_SOURCES_REPOSITORY_CONTROL_H_
#define SERVER_SOURCES_REPOSITORY_CONTROL_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/base/clock.h"
#include "server/base/task_thread.h"
#include "server/core/manager.h"
#include "server/core/model_control.h"
#include "server/sources/control_mode.h"
#include "server/sources/model_catalog.h"
#include "server/sources/registry_state.h"
#include "server/sources/repository_controller.h"
#include "server/sources/repository_watcher.h"
#include "server/sources/upload_store.h"

namespace sconce {

// Owns the thread "control", on which a RepositoryController makes all
// decisions, the thread "inspect", and where the repositories are watched, the
// watcher. Thread-safe.
class RepositoryControl : public ModelControl {
 public:
  struct Options {
    ControlMode mode = ControlMode::kNone;
    std::vector<std::string> directories;
    std::vector<ModelPath> models;  // that are in no repository
    ServableConfig defaults;
    std::vector<std::string> load_models;  // at the start; "*": all
    MonoDuration poll_period = std::chrono::seconds(15);
    int64_t max_upload_bytes = 0;
    Manager* manager = nullptr;  // borrowed
    // Called once, on the thread "control": every repository was read, and what
    // is to be loaded at the start is stated.
    std::function<void()> on_started = [] {};
    // Describes a model without running it; blocks.
    std::function<absl::StatusOr<std::string>(const ServableSpec&)> inspect;
    // Reads what a file says that it answers; blocks.
    std::function<absl::StatusOr<GoldenExamples>(const std::string& path)>
        examples;
  };

  // INVALID_ARGUMENT: a repository that is no folder or must not be written to
  // (ModelCatalog::Check), or a model of load_models that none has. One that
  // cannot be read is waited for instead.
  static absl::StatusOr<std::unique_ptr<RepositoryControl>> Create(
      Options options);

  ~RepositoryControl() override;

  // Looks at the repositories and states what is wanted; returns when that is
  // done, not when it is loaded. A repository that cannot be read is looked at
  // again every poll_period. Call once.
  void Start();

  // Why a repository cannot be read, for each of them; fit for a client.
  std::vector<absl::Status> RepositoryStates() const {
    return catalog_.States();
  }

  // From now on no client changes what is loaded: UNAVAILABLE.
  void Close() { controller_.Close(); }

  // Waits until what was asked for so far is done, but for loads.
  void Settle();

  // Ends the threads. After it `done` functions are not called any more.
  void Stop();

  // ModelControl:
  void Load(ModelLoadRequest request, Done done) override;
  void Unload(std::string model, std::vector<int64_t> versions,
              Done done) override;
  void DeleteVersion(ServableId id, Done done) override;
  void SetAliases(std::string model, std::map<std::string, int64_t> set,
                  std::vector<std::string> remove, Done done) override;
  void SetTraffic(std::string model, std::vector<TrafficShare> shares,
                  Done done) override;
  void Rollback(
      std::string model,
      std::function<void(absl::StatusOr<int64_t> version)> done) override;
  absl::StatusOr<std::unique_ptr<ModelUpload>> BeginUpload(
      const UploadRequest& request) override;
  absl::StatusOr<int64_t> UploadOffset(
      const UploadRequest& request) const override;
  void Inspect(
      ServableId id,
      std::function<void(absl::StatusOr<std::string> json)> done) override;
  void Examples(
      ServableId id,
      std::function<void(absl::StatusOr<GoldenExamples>)> done) override;
  std::vector<RepositoryModel> RepositoryModels() const override;
  ModelRoutes Routes(absl::string_view model) const override;

 private:
  explicit RepositoryControl(Options options);

  absl::Status CheckLoadModels() const;
  void PrepareUploads();
  RepositoryController::Options ControllerOptions();
  void OnChange();
  void Refresh();
  void RefreshAt(MonoTime time);
  absl::StatusOr<UploadStore*> StoreFor(const UploadRequest& request) const;

  const Options options_;
  const ModelCatalog catalog_;
  RegistryStateFile state_file_;
  RepositoryController controller_;
  // By the repository's folder. Where clients may upload.
  std::map<std::string, std::unique_ptr<UploadStore>> uploads_;
  // As many references as there are uploads under way, and one.
  const std::shared_ptr<const void> upload_slot_ = std::make_shared<int>(0);
  std::atomic<bool> change_is_queued_ = false;
  std::optional<MonoTime> next_refresh_;  // of the thread "control"
  std::set<std::string> prepared_;        // repositories; as above
  TaskThread thread_;
  TaskThread inspect_thread_;
  std::optional<RepositoryWatcher> watcher_;  // last: ends first
};

}  // namespace sconce

#endif  // SERVER_SOURCES_REPOSITORY_CONTROL_H_
