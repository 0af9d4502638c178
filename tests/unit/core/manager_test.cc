#include "server/core/manager.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/notification.h"
#include "tests/support/fake_servable.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using State = ServableState;

ServableSpec Spec(const std::string& model, int64_t version = 1) {
  ServableSpec spec;
  spec.id = {model, version};
  return spec;
}

// A spec whose load fails with `status`.
ServableSpec Broken(const std::string& model, int64_t version,
                    absl::Status status) {
  ServableSpec spec = Spec(model, version);
  spec.status = std::move(status);
  return spec;
}

// Remembers what a Manager's listener hears. Thread-safe.
class StateLog {
 public:
  void Hear(const ServableReport& report) {
    MutexLock lock(&mu_);
    reports_.push_back(report);
    changed_.SignalAll();
  }

  void WaitFor(const ServableId& id, State state) {
    MutexLock lock(&mu_);
    while (!Heard(id, state)) changed_.Wait(&mu_);
  }

  std::vector<State> StatesOf(const std::string& model) {
    MutexLock lock(&mu_);
    std::vector<State> states;
    for (const ServableReport& report : reports_) {
      if (report.id.model == model) states.push_back(report.state);
    }
    return states;
  }

  // The models in the order in which they got into `state`.
  std::vector<std::string> ModelsIn(State state) {
    MutexLock lock(&mu_);
    std::vector<std::string> models;
    for (const ServableReport& report : reports_) {
      if (report.state == state) models.push_back(report.id.model);
    }
    return models;
  }

  ServableReport last() {
    MutexLock lock(&mu_);
    return reports_.back();
  }

 private:
  bool Heard(const ServableId& id, State state)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    for (const ServableReport& report : reports_) {
      if (report.id.model == id.model && report.id.version == id.version &&
          report.state == state) {
        return true;
      }
    }
    return false;
  }

  Mutex mu_;
  CondVar changed_;
  std::vector<ServableReport> reports_ ABSL_GUARDED_BY(mu_);
};

class ManagerTest : public testing::Test {
 protected:
  // Its threads use what is declared below.
  void TearDown() override { manager_.reset(); }

  void Start(int load_threads = 1) {
    Manager::Options options;
    options.loader_factory = [this](const ServableSpec& spec) {
      return MakeLoader(spec);
    };
    options.load_threads = load_threads;
    options.on_state_change = [this](const ServableReport& report) {
      log_.Hear(report);
    };
    manager_ = std::make_unique<Manager>(std::move(options));
  }

  // Lets no model load until Open().
  void CloseGate() { closed_ = true; }
  void Open() { gate_.Notify(); }

  void AddAndWait(const ServableSpec& spec) {
    ASSERT_TRUE(manager_->Add(spec).ok());
    log_.WaitFor(spec.id, spec.status.ok() ? State::kReady : State::kError);
  }

  absl::Status HandleStatus(absl::string_view model,
                            std::optional<int64_t> version = {}) {
    return manager_->GetHandle(model, version).status();
  }

  // With the instance that the Manager gave it.
  ServableId IdOf(absl::string_view model, int64_t version) {
    return manager_->Find(model)->Report(version)->id;
  }

  int64_t VersionServed(absl::string_view model,
                        std::optional<int64_t> version = {}) {
    const auto handle = manager_->GetHandle(model, version);
    return handle.ok() ? (*handle)->id().version : -1;
  }

  std::vector<std::string> IndexedIds() {
    std::vector<std::string> ids;
    for (const ServableReport& report : manager_->Index()) {
      ids.push_back(report.id.ToString());
    }
    return ids;
  }

  // Whether any servable, each of which holds on to `alive_`, exists.
  bool AnyLoaded() const { return alive_.use_count() > 1; }

  // Lets a thread that would unload too early do so.
  void GiveWayWhileLoaded() const {
    for (int i = 0; i < 20'000 && AnyLoaded(); ++i) std::this_thread::yield();
  }

  ServerMetrics metrics_;
  StateLog log_;
  std::unique_ptr<Manager> manager_;

 private:
  std::unique_ptr<Loader> MakeLoader(const ServableSpec& spec) {
    return std::make_unique<FakeLoader>(
        [this, spec]() -> absl::StatusOr<std::unique_ptr<Servable>> {
          if (closed_) gate_.Wait();
          if (!spec.status.ok()) return spec.status;
          return MakeServable(spec.id);
        });
  }

  std::unique_ptr<Servable> MakeServable(const ServableId& id) {
    auto on_task = [alive = alive_](InferTask*) {};
    return std::make_unique<FakeServable>(
        id, ModelSignature{}, metrics_.ForServable(id.model, id.version),
        std::move(on_task));
  }

  std::atomic<bool> closed_ = false;
  Notification gate_;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

TEST_F(ManagerTest, AnAddedModelIsServed) {
  Start();
  AddAndWait(Spec("net", 2));
  const auto handle = manager_->GetHandle("net", {});
  ASSERT_TRUE(handle.ok()) << handle.status();
  EXPECT_EQ((*handle)->id().model, "net");
}

TEST_F(ManagerTest, TheListenerHearsEveryStateInOrder) {
  Start();
  AddAndWait(Spec("net"));
  manager_->UnloadAll();
  EXPECT_THAT(log_.StatesOf("net"),
              ElementsAre(State::kLoading, State::kReady, State::kQuiescing,
                          State::kDisabled));
}

TEST_F(ManagerTest, TheListenerHearsWhyALoadFailed) {
  Start();
  AddAndWait(Broken("net", 1, absl::InvalidArgumentError("bad archive")));
  EXPECT_THAT(log_.StatesOf("net"),
              ElementsAre(State::kLoading, State::kError));
  EXPECT_EQ(log_.last().status, absl::InvalidArgumentError("bad archive"));
}

TEST_F(ManagerTest, AModelThatFailedToLoadIsUnavailableWithTheReason) {
  Start();
  AddAndWait(Broken("net", 3, absl::InvalidArgumentError("bad archive")));
  const auto expected = absl::UnavailableError(
      "'net' version 3 is not at ready state: bad archive");
  EXPECT_EQ(HandleStatus("net"), expected);
  EXPECT_EQ(HandleStatus("net", 3), expected);
}

TEST_F(ManagerTest, AModelThatIsLoadingIsUnavailable) {
  CloseGate();
  Start();
  ASSERT_TRUE(manager_->Add(Spec("net")).ok());
  const auto expected = absl::UnavailableError(
      "'net' version 1 is not at ready state: it is LOADING; try again later");
  EXPECT_EQ(HandleStatus("net"), expected);
  EXPECT_EQ(HandleStatus("net", 1), expected);
  Open();
}

TEST_F(ManagerTest, AnUnknownModelIsNotFound) {
  Start();
  AddAndWait(Spec("net"));
  const absl::Status status = HandleStatus("nett");
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("Request for unknown model: 'nett' is not found"));
}

TEST_F(ManagerTest, AnUnknownVersionIsNotFound) {
  Start();
  AddAndWait(Spec("net", 1));
  EXPECT_EQ(HandleStatus("net", 2),
            absl::NotFoundError("Request for unknown model: 'net' version 2 is "
                                "not found"));
}

TEST_F(ManagerTest, AnUnknownModelsVersionIsNotFound) {
  Start();
  EXPECT_TRUE(absl::IsNotFound(HandleStatus("net", 1)));
}

TEST_F(ManagerTest, TheHighestVersionIsServedWhateverTheOrderOfAdding) {
  Start();
  AddAndWait(Spec("net", 2));
  AddAndWait(Spec("net", 10));
  AddAndWait(Spec("net", 9));
  EXPECT_EQ(VersionServed("net"), 10);
}

TEST_F(ManagerTest, AGivenVersionIsServed) {
  Start();
  AddAndWait(Spec("net", 1));
  AddAndWait(Spec("net", 2));
  EXPECT_EQ(VersionServed("net", 1), 1);
}

TEST_F(ManagerTest, AnOlderVersionIsServedWhenTheHighestFailed) {
  Start();
  AddAndWait(Spec("net", 1));
  AddAndWait(Spec("net", 2));
  AddAndWait(Broken("net", 3, absl::InternalError("broken")));
  EXPECT_EQ(VersionServed("net"), 2);
}

TEST_F(ManagerTest, AFailedVersionIsUnavailableThoughAnotherIsReady) {
  Start();
  AddAndWait(Spec("net", 1));
  AddAndWait(Broken("net", 2, absl::InternalError("broken")));
  EXPECT_TRUE(absl::IsUnavailable(HandleStatus("net", 2)));
}

TEST_F(ManagerTest, WhenNoVersionIsReadyTheHighestOnesReasonIsGiven) {
  Start();
  AddAndWait(Broken("net", 1, absl::InternalError("old fault")));
  AddAndWait(Broken("net", 2, absl::InternalError("new fault")));
  EXPECT_THAT(std::string(HandleStatus("net").message()),
              HasSubstr("new fault"));
}

TEST_F(ManagerTest, AVersionIsAddedOnce) {
  Start();
  AddAndWait(Spec("net", 1));
  EXPECT_EQ(manager_->Add(Spec("net", 1)),
            absl::AlreadyExistsError("'net' version 1 is registered already"));
}

TEST_F(ManagerTest, ARefusedAdditionLeavesTheServableAlone) {
  Start();
  AddAndWait(Spec("net", 1));
  ASSERT_TRUE(absl::IsAlreadyExists(
      manager_->Add(Broken("net", 1, absl::InternalError("broken")))));
  EXPECT_TRUE(manager_->IsSettled());
  EXPECT_EQ(VersionServed("net"), 1);
}

TEST_F(ManagerTest, ModelsMayShareAVersionNumber) {
  Start();
  AddAndWait(Spec("a", 1));
  AddAndWait(Spec("b", 1));
  EXPECT_EQ((*manager_->GetHandle("b", 1))->id().model, "b");
}

TEST_F(ManagerTest, TheIndexIsOrderedByNameThenVersion) {
  Start();
  AddAndWait(Spec("b", 10));
  AddAndWait(Spec("b", 9));
  AddAndWait(Spec("a", 1));
  EXPECT_THAT(IndexedIds(),
              ElementsAre("'a' version 1", "'b' version 9", "'b' version 10"));
}

TEST_F(ManagerTest, TheIndexShowsStatesAndReasons) {
  Start();
  AddAndWait(Spec("good"));
  AddAndWait(Broken("bad", 1, absl::InternalError("broken")));
  const auto index = manager_->Index();
  ASSERT_EQ(index.size(), 2u);
  EXPECT_EQ(index[0].state, State::kError);
  EXPECT_EQ(index[0].status, absl::InternalError("broken"));
  EXPECT_EQ(index[1].state, State::kReady);
}

TEST_F(ManagerTest, AnEmptyManagerIsSettled) {
  Start();
  EXPECT_TRUE(manager_->IsSettled());
  EXPECT_THAT(manager_->Index(), IsEmpty());
}

TEST_F(ManagerTest, AnAddedModelIsIndexedAtOnceAndUnsettled) {
  CloseGate();
  Start();
  ASSERT_TRUE(manager_->Add(Spec("net")).ok());
  EXPECT_FALSE(manager_->IsSettled());
  EXPECT_THAT(IndexedIds(), ElementsAre("'net' version 1"));
  Open();
}

TEST_F(ManagerTest, AWaitingLoadIsUnsettledThoughAnotherEnded) {
  Start();
  AddAndWait(Spec("first"));
  CloseGate();
  ASSERT_TRUE(manager_->Add(Spec("second")).ok());
  EXPECT_FALSE(manager_->IsSettled());
  Open();
}

TEST_F(ManagerTest, IsSettledWhenTheListenerHearsOfTheLastLoad) {
  bool settled = false;
  Notification heard;
  Manager::Options options;
  options.loader_factory = [](const ServableSpec&) {
    return std::make_unique<FakeLoader>(
        [] { return absl::InternalError("broken"); });
  };
  Manager* manager = nullptr;
  options.on_state_change = [&](const ServableReport& report) {
    if (report.state != State::kError) return;
    settled = manager->IsSettled();
    heard.Notify();
  };
  Manager made(std::move(options));
  manager = &made;
  ASSERT_TRUE(made.Add(Spec("net")).ok());
  heard.Wait();
  EXPECT_TRUE(settled);
}

TEST_F(ManagerTest, OneLoadThreadLoadsInTheOrderOfAdding) {
  CloseGate();
  Start(1);
  for (const char* model : {"b", "c", "a"}) {
    ASSERT_TRUE(manager_->Add(Spec(model)).ok());
  }
  Open();
  log_.WaitFor({"a", 1}, State::kReady);
  EXPECT_THAT(log_.ModelsIn(State::kReady), ElementsAre("b", "c", "a"));
}

TEST_F(ManagerTest, SeveralLoadThreadsLoadAtTheSameTime) {
  CloseGate();
  Start(2);
  ASSERT_TRUE(manager_->Add(Spec("a")).ok());
  ASSERT_TRUE(manager_->Add(Spec("b")).ok());
  // Neither load can end before both have begun.
  log_.WaitFor({"a", 1}, State::kLoading);
  log_.WaitFor({"b", 1}, State::kLoading);
  Open();
  log_.WaitFor({"a", 1}, State::kReady);
  log_.WaitFor({"b", 1}, State::kReady);
}

TEST_F(ManagerTest, OneLoadThreadLoadsOneModelAtATime) {
  CloseGate();
  Start(1);
  ASSERT_TRUE(manager_->Add(Spec("a")).ok());
  ASSERT_TRUE(manager_->Add(Spec("b")).ok());
  log_.WaitFor({"a", 1}, State::kLoading);
  EXPECT_THAT(log_.StatesOf("b"), IsEmpty());
  Open();
}

TEST_F(ManagerTest, ASuspendedModelIsUnavailableWithTheReason) {
  Start();
  AddAndWait(Spec("net", 3));
  manager_->Suspend(IdOf("net", 3), absl::UnavailableError("stuck"));
  const auto expected =
      absl::UnavailableError("'net' version 3 is not at ready state: stuck");
  EXPECT_EQ(HandleStatus("net"), expected);
  EXPECT_EQ(HandleStatus("net", 3), expected);
  EXPECT_EQ(manager_->Index().at(0).status, absl::UnavailableError("stuck"));
  EXPECT_TRUE(manager_->IsSettled());
}

TEST_F(ManagerTest, AResumedModelIsServed) {
  Start();
  AddAndWait(Spec("net"));
  manager_->Suspend(IdOf("net", 1), absl::UnavailableError("stuck"));
  manager_->Resume(IdOf("net", 1));
  EXPECT_EQ(VersionServed("net"), 1);
}

TEST_F(ManagerTest, AnOlderVersionIsServedWhileTheHighestIsSuspended) {
  Start();
  AddAndWait(Spec("net", 1));
  AddAndWait(Spec("net", 2));
  manager_->Suspend(IdOf("net", 2), absl::UnavailableError("stuck"));
  EXPECT_EQ(VersionServed("net"), 1);
}

TEST_F(ManagerTest, TheListenerHearsOfASuspensionAndItsEnd) {
  Start();
  AddAndWait(Spec("net"));
  manager_->Suspend(IdOf("net", 1), absl::UnavailableError("stuck"));
  EXPECT_EQ(log_.last().status, absl::UnavailableError("stuck"));
  manager_->Resume(IdOf("net", 1));
  EXPECT_THAT(log_.StatesOf("net"),
              ElementsAre(State::kLoading, State::kReady, State::kSuspended,
                          State::kReady));
}

TEST_F(ManagerTest, WhoIsNotRegisteredCannotBeSuspended) {
  Start();
  AddAndWait(Spec("net"));
  const int64_t other = IdOf("net", 1).instance + 1;
  for (const ServableId& id :
       {ServableId{"nett", 1, 1}, ServableId{"net", 1, other}}) {
    manager_->Suspend(id, absl::UnavailableError("stuck"));
    manager_->Resume(id);
  }
  EXPECT_EQ(VersionServed("net"), 1);
}

TEST_F(ManagerTest, SuspensionsFromSeveralThreadsEndInOrder) {
  Start();
  AddAndWait(Spec("net"));
  {
    std::vector<Thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back("suspend", [&] {
        for (int i = 0; i < 100; ++i) {
          manager_->Suspend(IdOf("net", 1), absl::UnavailableError("stuck"));
          manager_->Resume(IdOf("net", 1));
        }
      });
    }
  }
  EXPECT_EQ(log_.last().state, State::kReady);
  EXPECT_EQ(VersionServed("net"), 1);
}

// Its end resumes it, as a run does that returns then.
class ResumingServable : public FakeServable {
 public:
  ResumingServable(std::shared_ptr<ServableMetrics> metrics,
                   std::function<void()> resume)
      : FakeServable({"net", 1}, {}, std::move(metrics), [](InferTask*) {}),
        resume_(std::move(resume)) {}
  ~ResumingServable() override { resume_(); }

 private:
  const std::function<void()> resume_;
};

TEST_F(ManagerTest, AServableMayBeResumedWhileItIsFreed) {
  Manager* manager = nullptr;
  int resumed = 0;
  Manager::Options options;
  options.loader_factory = [&](const ServableSpec& spec) {
    return std::make_unique<FakeLoader>([&, id = spec.id] {
      return std::make_unique<ResumingServable>(metrics_.ForServable("net", 1),
                                                [&, id] {
                                                  manager->Resume(id);
                                                  ++resumed;
                                                });
    });
  };
  {
    Manager made(std::move(options));
    manager = &made;
    ASSERT_TRUE(made.Add(Spec("net")).ok());
    while (!made.IsSettled()) std::this_thread::yield();
  }
  EXPECT_EQ(resumed, 1);
}

TEST_F(ManagerTest, UnloadedModelsAreUnknown) {
  Start();
  AddAndWait(Spec("net"));
  manager_->UnloadAll();
  EXPECT_TRUE(absl::IsNotFound(HandleStatus("net")));
  EXPECT_THAT(manager_->Index(), IsEmpty());
}

TEST_F(ManagerTest, NothingIsAddedAfterUnloading) {
  Start();
  manager_->UnloadAll();
  EXPECT_EQ(manager_->Add(Spec("net")).code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(manager_->IsSettled());
}

TEST_F(ManagerTest, UnloadingFreesEveryVersionOfEveryModel) {
  Start();
  AddAndWait(Spec("a", 1));
  AddAndWait(Spec("a", 2));
  AddAndWait(Spec("b", 1));
  ASSERT_TRUE(AnyLoaded());
  manager_->UnloadAll();
  EXPECT_FALSE(AnyLoaded());
}

TEST_F(ManagerTest, UnloadingWaitsForTheHandles) {
  Start();
  AddAndWait(Spec("net"));
  auto handle = manager_->GetHandle("net", {});
  ASSERT_TRUE(handle.ok());
  Thread unloader("unload", [&] { manager_->UnloadAll(); });
  log_.WaitFor({"net", 1}, State::kQuiescing);
  GiveWayWhileLoaded();
  EXPECT_TRUE(AnyLoaded());
  EXPECT_TRUE(absl::IsUnavailable(HandleStatus("net")));
  *handle = ServableHandle();
  unloader.Join();
  EXPECT_FALSE(AnyLoaded());
}

TEST_F(ManagerTest, ALoadThatRunsIsFinishedAndUnloaded) {
  CloseGate();
  Start();
  ASSERT_TRUE(manager_->Add(Spec("net")).ok());
  log_.WaitFor({"net", 1}, State::kLoading);
  Thread opener("open", [&] { Open(); });
  manager_->UnloadAll();
  EXPECT_EQ(log_.last().state, State::kDisabled);
  EXPECT_FALSE(AnyLoaded());
}

TEST_F(ManagerTest, UnloadingTwiceTellsTheListenerOnce) {
  Start();
  AddAndWait(Spec("net"));
  manager_->UnloadAll();
  manager_->UnloadAll();
  EXPECT_THAT(log_.ModelsIn(State::kDisabled), ElementsAre("net"));
}

TEST_F(ManagerTest, TheDestructorUnloads) {
  Start();
  AddAndWait(Spec("net"));
  manager_.reset();
  EXPECT_EQ(log_.last().state, State::kDisabled);
  EXPECT_FALSE(AnyLoaded());
}

TEST_F(ManagerTest, ThreadsAddAndLookUpAtTheSameTime) {
  Start(2);
  constexpr int kVersions = 20;
  {
    std::vector<Thread> threads;
    for (const char* model : {"a", "b", "c", "d"}) {
      threads.emplace_back("add", [this, model] {
        for (int v = 1; v <= kVersions; ++v) {
          EXPECT_TRUE(manager_->Add(Spec(model, v)).ok());
          EXPECT_FALSE(absl::IsNotFound(HandleStatus(model, v)));
        }
      });
    }
  }
  EXPECT_EQ(manager_->Index().size(), 4u * kVersions);
}

}  // namespace
}  // namespace sconce
