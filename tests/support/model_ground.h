// ModelGround and ManagerOnGround: a Manager with fake models that a test can
// hold up, break and watch.
//
// A content is written as "1a": version 1, revision "a".
#ifndef TESTS_SUPPORT_MODEL_GROUND_H_
#define TESTS_SUPPORT_MODEL_GROUND_H_

#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "server/base/notification.h"
#include "server/core/manager.h"
#include "tests/support/fake_servable.h"

namespace sconce {

// What the fake files hold, and what became of them. A model's content is named
// "net 1a". Thread-safe.
class ModelGround {
 public:
  // --- what a test decides, before or during the load ---

  // Loads of it begin, but do not end before Release().
  void Hold(const std::string& what) {
    MutexLock lock(&mu_);
    held_.insert(what);
  }
  void Release(const std::string& what) {
    MutexLock lock(&mu_);
    held_.erase(what);
    changed_.SignalAll();
  }
  void Break(const std::string& what, absl::Status status) {
    MutexLock lock(&mu_);
    broken_[what] = std::move(status);
  }
  void Mend(const std::string& what) {
    MutexLock lock(&mu_);
    broken_.erase(what);
  }
  void Need(const std::string& what, MemoryNeed need) {
    MutexLock lock(&mu_);
    needs_[what] = need;
  }
  // Its load leaves so many bytes on a device beside.
  void Leave(const std::string& what, int64_t bytes) {
    MutexLock lock(&mu_);
    left_[what] = bytes;
  }
  // The n-th step of all loads from now on fails, counted from 1.
  void FailStep(int n) {
    MutexLock lock(&mu_);
    steps_until_fault_ = n;
  }

  // --- what a test asks ---

  void WaitUntilBegun(const std::string& what, int times = 1) {
    MutexLock lock(&mu_);
    while (begun_[what] < times) changed_.Wait(&mu_);
  }
  void WaitUntilFreed(const std::string& what) {
    MutexLock lock(&mu_);
    while (freed_[what] == 0) changed_.Wait(&mu_);
  }
  int begun(const std::string& what) {
    MutexLock lock(&mu_);
    return begun_[what];
  }
  int freed(const std::string& what) {
    MutexLock lock(&mu_);
    return freed_[what];
  }
  // Servables that exist.
  int alive() {
    MutexLock lock(&mu_);
    return alive_;
  }
  bool IsAlive(int64_t instance) {
    MutexLock lock(&mu_);
    return alive_instances_.count(instance) > 0;
  }
  // Threads on which ready servables were freed.
  std::set<std::thread::id> unload_threads() {
    MutexLock lock(&mu_);
    return unload_threads_;
  }
  bool fault_came() {
    MutexLock lock(&mu_);
    return steps_until_fault_ <= 0;
  }

  // --- what the fake loader calls ---

  MemoryNeed NeedOf(const std::string& what) {
    MutexLock lock(&mu_);
    const auto found = needs_.find(what);
    return found == needs_.end() ? MemoryNeed{} : found->second;
  }
  int64_t LeftBy(const std::string& what) {
    MutexLock lock(&mu_);
    const auto found = left_.find(what);
    return found == left_.end() ? 0 : found->second;
  }
  absl::Status Begin(const std::string& what) {
    MutexLock lock(&mu_);
    ++begun_[what];
    changed_.SignalAll();
    while (held_.count(what) > 0) changed_.Wait(&mu_);
    const auto found = broken_.find(what);
    return found == broken_.end() ? absl::OkStatus() : found->second;
  }
  absl::Status Step(const std::string& name) {
    MutexLock lock(&mu_);
    if (--steps_until_fault_ != 0) return absl::OkStatus();
    return absl::InternalError(absl::StrCat(name, " failed"));
  }
  void Made(int64_t instance) {
    MutexLock lock(&mu_);
    alive_instances_.insert(instance);  // first: it may throw
    ++alive_;
  }
  void Freed(int64_t instance, const std::string& what) {
    MutexLock lock(&mu_);
    --alive_;
    alive_instances_.erase(instance);
    ++freed_[what];
    changed_.SignalAll();
  }
  void Unloading() {
    MutexLock lock(&mu_);
    unload_threads_.insert(std::this_thread::get_id());
  }

  std::shared_ptr<ServableMetrics> Metrics(const ServableId& id) {
    return metrics_.ForServable(id.model, id.version);
  }

 private:
  ServerMetrics metrics_;
  Mutex mu_;
  CondVar changed_;
  std::set<std::string> held_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, absl::Status> broken_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, MemoryNeed> needs_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, int64_t> left_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, int> begun_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, int> freed_ ABSL_GUARDED_BY(mu_);
  std::set<int64_t> alive_instances_ ABSL_GUARDED_BY(mu_);
  std::set<std::thread::id> unload_threads_ ABSL_GUARDED_BY(mu_);
  int alive_ ABSL_GUARDED_BY(mu_) = 0;
  int steps_until_fault_ ABSL_GUARDED_BY(mu_) = 1 << 30;
};

class GroundServable : public FakeServable {
 public:
  GroundServable(const ServableSpec& spec, ModelGround* ground)
      : FakeServable(spec.id, {}, ground->Metrics(spec.id), [](InferTask*) {}),
        content_(absl::StrCat(spec.id.version, spec.revision)),
        ground_(ground) {
    ground_->Made(id().instance);
  }
  ~GroundServable() override {
    ground_->Freed(id().instance, absl::StrCat(id().model, " ", content_));
  }
  // E.g. "1a".
  const std::string& content() const { return content_; }

 private:
  const std::string content_;
  ModelGround* const ground_;
};

// Takes steps that can fail each, the last one with the servable made.
class GroundLoader : public Loader {
 public:
  GroundLoader(ServableSpec spec, ModelGround* ground)
      : spec_(std::move(spec)),
        what_(absl::StrCat(spec_.id.model, " ", spec_.id.version,
                           spec_.revision)),
        ground_(ground) {}

  MemoryNeed EstimateMemory() override { return ground_->NeedOf(what_); }
  int64_t additional_device_bytes() const override {
    return ground_->LeftBy(what_);
  }

  absl::Status Load() override {
    absl::Status status = spec_.status;
    status.Update(ground_->Begin(what_));
    for (const char* step : {"open", "read", "verify"}) {
      if (status.ok()) status = ground_->Step(step);
    }
    if (!status.ok()) return status;
    servable_ = std::make_unique<GroundServable>(spec_, ground_);
    return ground_->Step("warm up");
  }
  Servable* servable() override { return servable_.get(); }
  void Unload() override {
    ground_->Unloading();
    servable_.reset();
  }

 private:
  const ServableSpec spec_;
  const std::string what_;
  ModelGround* const ground_;
  std::unique_ptr<GroundServable> servable_;
};

// How a call of SetAspired() ended. Kept until then.
class Outcome {
 public:
  void Set(absl::Status status) {
    status_ = std::move(status);
    EXPECT_EQ(++calls_, 1);
    done_.Notify();
  }
  absl::Status Wait() {
    done_.Wait();
    return status_;
  }
  bool ended() const { return done_.HasBeenNotified(); }

 private:
  absl::Status status_;
  int calls_ = 0;
  Notification done_;
};

class ManagerOnGround : public testing::Test {
 protected:
  using State = ServableState;

  void TearDown() override {
    manager_.reset();
    EXPECT_EQ(ground_.alive(), 0);
  }

  void Start(int load_threads = 1, int64_t memory_budget = 0,
             const ResourceTracker::Budgets& device_budgets = {}) {
    Manager::Options options;
    options.loader_factory = [this](const ServableSpec& spec) {
      return MakeLoader(spec);
    };
    options.load_threads = load_threads;
    options.memory_budget = memory_budget;
    options.device_memory_budgets = device_budgets;
    options.on_state_change = [this](const ServableReport& report) {
      MutexLock lock(&mu_);
      told_.push_back(report);
      told_more_.SignalAll();
    };
    options.on_load_ended = [this](const absl::Status& status) {
      MutexLock lock(&mu_);
      loads_.push_back(status.code());
    };
    {
      MutexLock lock(&mu_);
      told_.clear();  // by an earlier one
    }
    manager_ = std::make_unique<Manager>(std::move(options));
  }

  virtual std::unique_ptr<Loader> MakeLoader(const ServableSpec& spec) {
    return std::make_unique<GroundLoader>(spec, &ground_);
  }

  static AspiredModel Want(
      const std::string& model, const std::vector<std::string>& contents,
      ReloadPolicy policy = ReloadPolicy::kPreserveAvailability) {
    AspiredModel wanted;
    wanted.name = model;
    wanted.policy = policy;
    for (const std::string& content : contents) {
      ServableSpec spec;
      spec.id = {model, std::atoi(content.c_str())};
      spec.revision = content.substr(content.find_first_not_of("0123456789"));
      wanted.versions.push_back(std::move(spec));
    }
    return wanted;
  }

  std::shared_ptr<Outcome> Ask(AspiredModel wanted) {
    auto outcome = std::make_shared<Outcome>();
    manager_->SetAspired(std::move(wanted), [outcome](absl::Status status) {
      outcome->Set(std::move(status));
    });
    return outcome;
  }
  std::shared_ptr<Outcome> Ask(const std::string& model,
                               const std::vector<std::string>& contents) {
    return Ask(Want(model, contents));
  }

  // The content that serves, e.g. "1a", or the message why there is none.
  std::string Served(const std::string& model, VersionSelector selector = {}) {
    const auto handle = manager_->GetHandle(model, selector);
    if (!handle.ok()) return std::string(handle.status().message());
    return static_cast<GroundServable&>(**handle).content();
  }

  // Waits until the listener heard of it `times` times.
  void WaitToHear(const std::string& model, int64_t version, State state,
                  int times = 1) {
    MutexLock lock(&mu_);
    while (Heard(model, version, state) < times) told_more_.Wait(&mu_);
  }
  void WaitUntilGone(const std::string& model, int64_t version) {
    WaitToHear(model, version, State::kDisabled);
  }
  ServableReport last_told() {
    MutexLock lock(&mu_);
    return told_.back();
  }

  // How loads ended, in the order in which they did.
  std::vector<absl::StatusCode> loads() {
    MutexLock lock(&mu_);
    return loads_;
  }

  ModelGround ground_;
  std::unique_ptr<Manager> manager_;

 private:
  int Heard(const std::string& model, int64_t version, State state)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    int times = 0;
    for (const ServableReport& report : told_) {
      if (report.id.model == model && report.id.version == version &&
          report.state == state) {
        ++times;
      }
    }
    return times;
  }

  Mutex mu_;
  CondVar told_more_;
  std::vector<ServableReport> told_ ABSL_GUARDED_BY(mu_);
  std::vector<absl::StatusCode> loads_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_MODEL_GROUND_H_
