// ControllerOnGround: a RepositoryController with a Manager of fake models, on
// a folder of its own.
//
// A version's file holds the revision of a content of ModelGround: "a" in
// net/1/model.pt is "net 1a".
#ifndef TESTS_UNIT_SOURCES_CONTROLLER_ON_GROUND_H_
#define TESTS_UNIT_SOURCES_CONTROLLER_ON_GROUND_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "server/sources/repository_controller.h"
#include "tests/support/fake_clock.h"
#include "tests/support/model_ground.h"
#include "tests/unit/sources/folder_entries.h"
#include "tests/unit/sources/temp_repository.h"

namespace sconce {

// The test's thread is the controller's: what the controller posts runs when
// the test says so.
class ControllerOnGround : public ManagerOnGround {
 protected:
  static constexpr MonoDuration kSettle = std::chrono::seconds(1);
  static constexpr MonoDuration kRetry = std::chrono::seconds(15);

  // A server that starts on what the folder holds; one that was there before is
  // gone.
  void StartServer(ControlMode mode = ControlMode::kExplicit,
                   const std::vector<std::string>& models = {},
                   int64_t memory_budget = 0) {
    manager_.reset();
    DropPosted();
    Start(/*load_threads=*/2, memory_budget);
    RepositoryController::Options options;
    options.mode = mode;
    options.catalog = &catalog_;
    options.manager = manager_.get();
    options.state_file = &state_file_;
    options.post = [this](std::function<void()> task) { Post(task); };
    options.refresh_at = [this](MonoTime time) { asked_.push_back(time); };
    options.retry_period = kRetry;
    options.on_started = [this] { ++started_; };
    options.clock = &clock_;
    controller_ = std::make_unique<RepositoryController>(std::move(options));
    controller_->Start(models);
  }

  // --- the folder ---

  // In one step, and as another file each time.
  void Put(const std::string& model, int64_t version,
           const std::string& revision) {
    repository_.AddFile(".new", revision);
    repository_.AddFolder(absl::StrCat(model, "/", version));
    std::filesystem::rename(repository_.path(".new"), Archive(model, version));
  }
  void Remove(const std::string& entry) {
    std::filesystem::remove_all(repository_.path(entry));
  }
  std::string Archive(const std::string& model, int64_t version) const {
    return repository_.path(absl::StrCat(model, "/", version, "/model.pt"));
  }
  bool HasVersion(const std::string& model, int64_t version) const {
    return std::filesystem::exists(Archive(model, version));
  }

  // --- what is posted ---

  // Waits for `n` functions, one after the other, and runs them.
  void RunPosted(int n = 1) {
    for (; n > 0; --n) NextPosted()();
  }
  absl::Status Await(const std::shared_ptr<Outcome>& outcome) {
    while (!outcome->ended()) RunPosted();
    return outcome->Wait();
  }

  // --- requests, which a test begins or awaits ---

  using ManagerOnGround::Ask;

  std::shared_ptr<Outcome> BeginLoad(const ModelLoadRequest& request) {
    auto outcome = std::make_shared<Outcome>();
    controller_->Load(request, DoneOf(outcome));
    return outcome;
  }
  std::shared_ptr<Outcome> BeginLoad(const std::string& model,
                                     std::vector<int64_t> versions = {}) {
    return BeginLoad(ModelLoadRequest{model, std::move(versions), {}, {}});
  }
  absl::Status Load(const std::string& model,
                    std::vector<int64_t> versions = {}) {
    return Await(BeginLoad(model, std::move(versions)));
  }
  absl::Status Unload(const std::string& model,
                      const std::vector<int64_t>& versions = {}) {
    auto outcome = std::make_shared<Outcome>();
    controller_->Unload(model, versions, DoneOf(outcome));
    return Await(outcome);
  }
  absl::Status Delete(const std::string& model, int64_t version) {
    auto outcome = std::make_shared<Outcome>();
    controller_->DeleteVersion({model, version}, DoneOf(outcome));
    return Await(outcome);
  }
  absl::Status SetAliases(const std::string& model,
                          const std::map<std::string, int64_t>& set,
                          const std::vector<std::string>& remove = {}) {
    auto outcome = std::make_shared<Outcome>();
    controller_->SetAliases(model, set, remove, DoneOf(outcome));
    return Await(outcome);
  }
  absl::Status SetTraffic(const std::string& model,
                          const std::vector<TrafficShare>& shares) {
    auto outcome = std::make_shared<Outcome>();
    controller_->SetTraffic(model, shares, DoneOf(outcome));
    return Await(outcome);
  }
  absl::StatusOr<int64_t> Rollback(const std::string& model) {
    auto outcome = std::make_shared<Outcome>();
    absl::StatusOr<int64_t> version;
    controller_->Rollback(model, VersionDoneOf(outcome, &version));
    Await(outcome).IgnoreError();
    return version;
  }

  static RepositoryController::Done DoneOf(std::shared_ptr<Outcome> outcome) {
    return [outcome](absl::Status status) { outcome->Set(std::move(status)); };
  }
  static RepositoryController::VersionDone VersionDoneOf(
      std::shared_ptr<Outcome> outcome, absl::StatusOr<int64_t>* version) {
    return [=](absl::StatusOr<int64_t> answer) {
      *version = answer;
      outcome->Set(answer.status());
    };
  }

  // --- what came of it ---

  // The state of a version, as the index shows it, or nothing.
  std::optional<ServableReport> Report(const std::string& model,
                                       int64_t version) {
    const auto serving = manager_->Find(model);
    return serving == nullptr ? std::nullopt : serving->Report(version);
  }
  bool IsReady(const std::string& model, int64_t version) {
    const auto report = Report(model, version);
    return report && report->state == State::kReady;
  }

  std::unique_ptr<Loader> MakeLoader(const ServableSpec& spec) override {
    ServableSpec read = spec;
    read.revision = ContentOf(spec.path);
    return ManagerOnGround::MakeLoader(read);
  }

  const TempRepository repository_;
  FakeClock clock_;
  std::vector<MonoTime> asked_;  // times at which a Refresh() is wanted
  int started_ = 0;              // starts that ended
  std::unique_ptr<RepositoryController> controller_;

 private:
  void Post(std::function<void()> task) {
    MutexLock lock(&mu_);
    posted_.push_back(std::move(task));
    posted_more_.SignalAll();
  }
  std::function<void()> NextPosted() {
    MutexLock lock(&mu_);
    while (posted_.empty()) posted_more_.Wait(&mu_);
    std::function<void()> task = std::move(posted_.front());
    posted_.pop_front();
    return task;
  }
  void DropPosted() {
    MutexLock lock(&mu_);
    posted_.clear();
  }

  const ModelCatalog catalog_{{repository_.path()}, ServableConfig()};
  RegistryStateFile state_file_{repository_.path(".sconce/state.json")};
  Mutex mu_;
  CondVar posted_more_;
  std::deque<std::function<void()>> posted_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // TESTS_UNIT_SOURCES_CONTROLLER_ON_GROUND_H_
