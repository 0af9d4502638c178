#include "server/sources/repository_control.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

#include "server/base/notification.h"
#include "server/base/status_macros.h"
#include "server/sources/own_folder.h"
#include "server/sources/private_folder.h"
#include "server/sources/repository_path.h"
#include "server/sources/version_folder.h"

namespace sconce {
namespace {

// At the same time.
constexpr int64_t kMostUploads = 16;

// Beside the models, hidden from the scan.
constexpr char kStateFile[] = ".sconce/state.json";

std::string StateFileIn(const std::vector<std::string>& repositories) {
  if (repositories.empty()) return "";
  return std::filesystem::path(repositories.front()) / kStateFile;
}

bool IsThere(const std::string& directory) {
  std::error_code none;
  return std::filesystem::is_directory(directory, none) &&
         CheckOwnFolder(directory).ok();
}

// The bytes go to the disk on the caller's thread, what follows on the
// controller's.
class Upload : public ModelUpload {
 public:
  using Publish =
      std::function<void(std::shared_ptr<StagedUpload>,
                         std::function<void(absl::StatusOr<int64_t> version)>)>;

  Upload(std::unique_ptr<StagedUpload> staged, Publish publish,
         std::shared_ptr<const void> slot)
      : staged_(std::move(staged)),
        publish_(std::move(publish)),
        slot_(std::move(slot)) {}

  int64_t offset() const override { return staged_->offset(); }

  absl::Status Append(absl::string_view bytes) override {
    return staged_->Append(bytes);
  }

  void Finish(std::function<void(absl::StatusOr<int64_t>)> done) override {
    publish_(std::move(staged_), std::move(done));
  }

 private:
  std::unique_ptr<StagedUpload> staged_;
  const Publish publish_;
  const std::shared_ptr<const void> slot_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RepositoryControl>> RepositoryControl::Create(
    Options options) {
  std::unique_ptr<RepositoryControl> control(
      new RepositoryControl(std::move(options)));
  RETURN_IF_ERROR(control->catalog_.Check());
  RETURN_IF_ERROR(control->CheckLoadModels());
  return control;
}

absl::Status RepositoryControl::CheckLoadModels() const {
  for (const std::string& name : options_.load_models) {
    if (name == kEveryModel) continue;
    const absl::Status found = catalog_.Scan(name).status();
    if (found.ok() || absl::IsUnavailable(found)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--load-model=", name, ": ", found.message()));
  }
  return absl::OkStatus();
}

RepositoryControl::RepositoryControl(Options options)
    : options_(std::move(options)),
      catalog_(options_.directories, options_.defaults, options_.models),
      state_file_(StateFileIn(options_.directories)),
      controller_(ControllerOptions()),
      thread_("control"),
      inspect_thread_("inspect") {}

RepositoryControl::~RepositoryControl() { Stop(); }

RepositoryController::Options RepositoryControl::ControllerOptions() {
  RepositoryController::Options c;
  c.mode = options_.mode;
  c.catalog = &catalog_;
  c.manager = options_.manager;
  c.state_file = &state_file_;
  c.retry_period = options_.poll_period;
  c.post = [this](std::function<void()> task) {
    thread_.Post(std::move(task));
  };
  c.refresh_at = [this](MonoTime time) { RefreshAt(time); };
  c.on_started = options_.on_started;
  return c;
}

void RepositoryControl::Start() {
  if (options_.mode == ControlMode::kExplicit) {
    for (const std::string& directory : options_.directories) {
      uploads_[directory] = std::make_unique<UploadStore>(
          UploadStore::Options{directory, options_.max_upload_bytes});
    }
  }
  // From here on changes are noticed, so none between the scan and this.
  if (options_.mode != ControlMode::kNone) {
    std::vector<std::string> watched = options_.directories;
    for (const ModelPath& model : options_.models) {
      watched.push_back(model.path);
    }
    watcher_.emplace(RepositoryWatcher::Options{
        std::move(watched), options_.poll_period, [this] { OnChange(); }});
  }
  Notification done;
  thread_.Post([&] {
    PrepareUploads();
    controller_.Start(options_.load_models);
    done.Notify();
  });
  done.Wait();
}

// Removes what an earlier process has left, before anything is looked for
// there, and as soon as the repository is.
void RepositoryControl::PrepareUploads() {
  if (options_.mode != ControlMode::kExplicit) return;
  for (const auto& [directory, store] : uploads_) {
    if (prepared_.contains(directory) || !IsThere(directory)) continue;
    prepared_.insert(directory);
    const StateKeeper keeper = state_file_.Keep(/*make_folder=*/true);
    PrivateFolder::RemoveLeftovers(directory);
    EmptyTrash(directory);
    if (keeper != StateKeeper::kAnother) store->RemoveLeftovers();
  }
}

void RepositoryControl::Settle() {
  Notification done;
  thread_.Post([&] { done.Notify(); });
  done.Wait();
}

void RepositoryControl::Stop() {
  watcher_.reset();
  inspect_thread_.Stop();
  thread_.Stop();
}

// Many changes in a row are one.
void RepositoryControl::OnChange() {
  if (change_is_queued_.exchange(true)) return;
  thread_.Post([this] {
    change_is_queued_ = false;
    Refresh();
  });
}

void RepositoryControl::Refresh() {
  next_refresh_.reset();
  PrepareUploads();
  controller_.Refresh();
}

// The thread has one timer: the earliest time is what it is set to.
void RepositoryControl::RefreshAt(MonoTime time) {
  if (next_refresh_ && *next_refresh_ <= time) return;
  next_refresh_ = time;
  thread_.SetTimer(time, [this] { Refresh(); });
}

void RepositoryControl::Load(ModelLoadRequest request, Done done) {
  thread_.Post([this, request = std::move(request), done = std::move(done)] {
    controller_.Load(request, done);
  });
}

void RepositoryControl::Unload(std::string model, std::vector<int64_t> versions,
                               Done done) {
  thread_.Post(
      [this, model = std::move(model), versions = std::move(versions),
       done = std::move(done)] { controller_.Unload(model, versions, done); });
}

void RepositoryControl::DeleteVersion(ServableId id, Done done) {
  thread_.Post([this, id = std::move(id), done = std::move(done)] {
    controller_.DeleteVersion(id, done);
  });
}

void RepositoryControl::SetAliases(std::string model,
                                   std::map<std::string, int64_t> set,
                                   std::vector<std::string> remove, Done done) {
  thread_.Post([this, model = std::move(model), set = std::move(set),
                remove = std::move(remove), done = std::move(done)] {
    controller_.SetAliases(model, set, remove, done);
  });
}

void RepositoryControl::SetTraffic(std::string model,
                                   std::vector<TrafficShare> shares,
                                   Done done) {
  thread_.Post([this, model = std::move(model), shares = std::move(shares),
                done = std::move(done)] {
    controller_.SetTraffic(model, shares, done);
  });
}

void RepositoryControl::Rollback(
    std::string model, std::function<void(absl::StatusOr<int64_t>)> done) {
  thread_.Post([this, model = std::move(model), done = std::move(done)] {
    controller_.Rollback(model, done);
  });
}

absl::StatusOr<std::unique_ptr<ModelUpload>> RepositoryControl::BeginUpload(
    const UploadRequest& request) {
  ASSIGN_OR_RETURN(UploadStore * store, StoreFor(request));
  // Each has a file open and may reserve space that nobody fills.
  std::shared_ptr<const void> slot = upload_slot_;
  if (slot.use_count() > kMostUploads + 1) {
    return absl::ResourceExhaustedError(
        absl::StrCat(kMostUploads,
                     " uploads are under way already; try again when one of "
                     "them has ended"));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<StagedUpload> staged, store->Begin(request));
  auto publish = [this, model = request.model, version = request.version](
                     std::shared_ptr<StagedUpload> upload, auto done) {
    thread_.Post([=, this, done = std::move(done)] {
      controller_.Publish(upload, model, version, done);
    });
  };
  return std::make_unique<Upload>(std::move(staged), std::move(publish),
                                  std::move(slot));
}

absl::StatusOr<int64_t> RepositoryControl::UploadOffset(
    const UploadRequest& request) const {
  ASSIGN_OR_RETURN(UploadStore * store, StoreFor(request));
  return store->Offset(request);
}

// That of the repository which has the model; a new one goes to the first.
absl::StatusOr<UploadStore*> RepositoryControl::StoreFor(
    const UploadRequest& request) const {
  RETURN_IF_ERROR(controller_.CheckExplicit("an upload"));
  RETURN_IF_ERROR(controller_.CheckKeeper("no upload can begin"));
  RETURN_IF_ERROR(CheckModelName(request.model));
  const auto model = catalog_.Scan(request.model);
  if (options_.directories.empty()) {
    return absl::FailedPreconditionError(
        "there is no model repository to upload to; start the server with "
        "--model-repository");
  }
  if (absl::IsNotFound(model.status())) {
    return uploads_.at(options_.directories.front()).get();
  }
  RETURN_IF_ERROR(model.status());
  RETURN_IF_ERROR(CheckWritable(*model, "nothing can be uploaded there"));
  if (absl::c_linear_search(model->versions, request.version)) {
    return absl::AlreadyExistsError(absl::StrCat(
        "'", request.model, "' version ", request.version,
        " is in the repository already; upload another version, or 0 for the "
        "next one"));
  }
  if (!model->bare_file.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("'", request.model,
                     "' is a single file in the repository, which has "
                     "no versions; upload under another name"));
  }
  return uploads_.at(model->root).get();
}

void RepositoryControl::Inspect(
    ServableId id, std::function<void(absl::StatusOr<std::string>)> done) {
  thread_.Post([this, id = std::move(id), done = std::move(done)] {
    const auto spec = controller_.Locate(id);
    if (!spec.ok()) return done(spec.status());
    inspect_thread_.Post(
        [this, spec = *spec, done] { done(options_.inspect(spec)); });
  });
}

void RepositoryControl::Examples(
    ServableId id, std::function<void(absl::StatusOr<GoldenExamples>)> done) {
  thread_.Post([this, id = std::move(id), done = std::move(done)] {
    const auto spec = controller_.Locate(id);
    if (!spec.ok()) return done(spec.status());
    inspect_thread_.Post(
        [this, path = spec->path, done] { done(options_.examples(path)); });
  });
}

std::vector<RepositoryModel> RepositoryControl::RepositoryModels() const {
  return controller_.RepositoryModels();
}

ModelRoutes RepositoryControl::Routes(absl::string_view model) const {
  return controller_.Routes(model);
}

}  // namespace sconce
