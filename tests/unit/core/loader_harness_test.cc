#include "server/core/loader_harness.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "server/base/notification.h"
#include "server/base/thread.h"
#include "tests/support/fake_servable.h"

namespace sconce {
namespace {

// A harness whose servable watches over the order of its end.
class LoaderHarnessTest : public testing::Test {
 protected:
  // Makes a harness whose load ends with `outcome`.
  std::unique_ptr<LoaderHarness> Make(absl::Status outcome) {
    auto load = [this, outcome]() -> absl::StatusOr<std::unique_ptr<Servable>> {
      if (!outcome.ok()) return outcome;
      return std::make_unique<FakeServable>(
          ServableId{"net", 1}, ModelSignature{},
          metrics_.ForServable("net", 1), [alive = alive_](InferTask*) {});
    };
    ServableSpec spec;
    spec.id = {"net", 1, 7};
    spec.revision = "r1";
    return std::make_unique<LoaderHarness>(
        spec, std::make_unique<FakeLoader>(std::move(load)));
  }

  std::unique_ptr<LoaderHarness> MakeReady() {
    auto harness = Make(absl::OkStatus());
    RunLoad(harness.get());
    return harness;
  }

  // What a load thread does.
  static void RunLoad(LoaderHarness* harness) {
    ASSERT_TRUE(harness->BeginLoad());
    EndLoad(harness);
  }
  static void EndLoad(LoaderHarness* harness) {
    const absl::Status loaded = harness->Load();
    ASSERT_TRUE(loaded.ok() ? harness->Publish() : harness->Fail(loaded));
  }

  // Whether the servable, which holds on to `alive_`, exists.
  bool IsLoaded() const { return alive_.use_count() > 1; }

  ServerMetrics metrics_;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

TEST_F(LoaderHarnessTest, StartsNewAndUnloaded) {
  const auto harness = Make(absl::OkStatus());
  EXPECT_EQ(harness->report().state, ServableState::kNew);
  EXPECT_FALSE(IsLoaded());
}

TEST_F(LoaderHarnessTest, ReportsItsId) {
  const auto harness = Make(absl::OkStatus());
  EXPECT_EQ(harness->id().model, "net");
  EXPECT_EQ(harness->report().id.model, "net");
  EXPECT_EQ(harness->report().id.version, 1);
}

TEST_F(LoaderHarnessTest, ABegunLoadIsLoading) {
  const auto harness = Make(absl::OkStatus());
  ASSERT_TRUE(harness->BeginLoad());
  EXPECT_EQ(harness->report().state, ServableState::kLoading);
  EXPECT_FALSE(IsLoaded());
}

TEST_F(LoaderHarnessTest, ALoadThatEndedWellIsReady) {
  const auto harness = MakeReady();
  EXPECT_EQ(harness->report().state, ServableState::kReady);
  EXPECT_TRUE(harness->report().status.ok());
  EXPECT_TRUE(IsLoaded());
}

TEST_F(LoaderHarnessTest, ALoadThatFailedReportsWhy) {
  const auto harness = Make(absl::InvalidArgumentError("bad archive"));
  RunLoad(harness.get());
  EXPECT_EQ(harness->report().state, ServableState::kError);
  EXPECT_EQ(harness->report().status,
            absl::InvalidArgumentError("bad archive"));
}

TEST_F(LoaderHarnessTest, ThereIsNoHandleBeforeTheLoadEnded) {
  const auto harness = Make(absl::OkStatus());
  EXPECT_FALSE(harness->TryGetHandle());
  ASSERT_TRUE(harness->BeginLoad());
  EXPECT_FALSE(harness->TryGetHandle());
}

TEST_F(LoaderHarnessTest, ThereIsNoHandleAfterAFailedLoad) {
  const auto harness = Make(absl::InternalError("broken"));
  RunLoad(harness.get());
  EXPECT_FALSE(harness->TryGetHandle());
}

TEST_F(LoaderHarnessTest, AReadyServableIsReachedThroughAHandle) {
  const auto harness = MakeReady();
  const auto handle = harness->TryGetHandle();
  ASSERT_TRUE(handle.has_value());
  EXPECT_EQ((*handle)->id().model, "net");
}

TEST_F(LoaderHarnessTest, ASuspendedServableGivesNoHandlesAndSaysWhy) {
  const auto harness = MakeReady();
  EXPECT_TRUE(harness->Suspend(absl::UnavailableError("stuck")));
  EXPECT_FALSE(harness->TryGetHandle());
  EXPECT_EQ(harness->report().state, ServableState::kSuspended);
  EXPECT_EQ(harness->report().status, absl::UnavailableError("stuck"));
}

TEST_F(LoaderHarnessTest, AResumedServableIsReady) {
  const auto harness = MakeReady();
  ASSERT_TRUE(harness->Suspend(absl::UnavailableError("stuck")));
  EXPECT_TRUE(harness->Resume());
  EXPECT_TRUE(harness->TryGetHandle());
  EXPECT_EQ(harness->report().state, ServableState::kReady);
  EXPECT_TRUE(harness->report().status.ok());
}

TEST_F(LoaderHarnessTest, EverySuspensionHasToEnd) {
  const auto harness = MakeReady();
  ASSERT_TRUE(harness->Suspend(absl::UnavailableError("stuck")));
  ASSERT_TRUE(harness->Suspend(absl::UnavailableError("stuck again")));
  EXPECT_FALSE(harness->Resume());
  EXPECT_FALSE(harness->TryGetHandle());
  EXPECT_TRUE(harness->Resume());
  EXPECT_TRUE(harness->TryGetHandle());
}

TEST_F(LoaderHarnessTest, ASuspensionWhileLoadingShowsAfterwards) {
  const auto harness = Make(absl::OkStatus());
  ASSERT_TRUE(harness->BeginLoad());
  EXPECT_FALSE(harness->Suspend(absl::UnavailableError("stuck")));
  EXPECT_EQ(harness->report().state, ServableState::kLoading);
  EndLoad(harness.get());
  EXPECT_EQ(harness->report().state, ServableState::kSuspended);
  EXPECT_TRUE(harness->Resume());
  EXPECT_EQ(harness->report().state, ServableState::kReady);
}

TEST_F(LoaderHarnessTest, AFailedLoadIsNotSuspended) {
  const auto harness = Make(absl::InternalError("broken"));
  RunLoad(harness.get());
  EXPECT_FALSE(harness->Suspend(absl::UnavailableError("stuck")));
  EXPECT_EQ(harness->report().status, absl::InternalError("broken"));
  EXPECT_FALSE(harness->Resume());
  EXPECT_EQ(harness->report().state, ServableState::kError);
}

TEST_F(LoaderHarnessTest, ASuspendedServableCanBeUnloaded) {
  const auto harness = MakeReady();
  ASSERT_TRUE(harness->Suspend(absl::UnavailableError("stuck")));
  ASSERT_TRUE(harness->BeginUnload());
  EXPECT_EQ(harness->report().state, ServableState::kQuiescing);
  EXPECT_FALSE(harness->Resume());
  ASSERT_TRUE(harness->Unload());
  EXPECT_FALSE(IsLoaded());
}

TEST_F(LoaderHarnessTest, OnlyAReadyServableCanBeUnloaded) {
  const auto harness = Make(absl::OkStatus());
  EXPECT_FALSE(harness->BeginUnload());
  ASSERT_TRUE(harness->BeginLoad());
  EXPECT_FALSE(harness->BeginUnload());
  EXPECT_EQ(harness->report().state, ServableState::kLoading);
}

TEST_F(LoaderHarnessTest, AFailedServableStaysFailed) {
  const auto harness = Make(absl::InternalError("broken"));
  RunLoad(harness.get());
  EXPECT_FALSE(harness->BeginUnload());
  EXPECT_EQ(harness->report().state, ServableState::kError);
}

TEST_F(LoaderHarnessTest, ABegunUnloadIsQuiescing) {
  const auto harness = MakeReady();
  ASSERT_TRUE(harness->BeginUnload());
  EXPECT_EQ(harness->report().state, ServableState::kQuiescing);
  EXPECT_TRUE(IsLoaded());
}

TEST_F(LoaderHarnessTest, ABegunUnloadGivesOutNoHandle) {
  const auto harness = MakeReady();
  ASSERT_TRUE(harness->BeginUnload());
  EXPECT_FALSE(harness->TryGetHandle());
}

TEST_F(LoaderHarnessTest, AnUnloadIsBegunOnce) {
  const auto harness = MakeReady();
  ASSERT_TRUE(harness->BeginUnload());
  EXPECT_FALSE(harness->BeginUnload());
}

TEST_F(LoaderHarnessTest, AnUnloadedServableIsGone) {
  const auto harness = MakeReady();
  ASSERT_TRUE(harness->BeginUnload());
  ASSERT_TRUE(harness->Unload());
  EXPECT_EQ(harness->report().state, ServableState::kDisabled);
  EXPECT_FALSE(harness->TryGetHandle());
  EXPECT_FALSE(IsLoaded());
}

TEST_F(LoaderHarnessTest, TheLastHandleToGoTellsThatItIsIdle) {
  const auto harness = MakeReady();
  std::optional<ServableHandle> first = harness->TryGetHandle();
  std::optional<ServableHandle> second = harness->TryGetHandle();
  EXPECT_EQ(harness->handles(), 2);
  ASSERT_TRUE(harness->BeginUnload());
  int idle = 0;
  harness->WhenIdle([&] { ++idle; });
  first.reset();
  EXPECT_EQ(idle, 0);
  EXPECT_TRUE(IsLoaded());
  second.reset();
  EXPECT_EQ(idle, 1);
}

TEST_F(LoaderHarnessTest, WithoutHandlesItIsIdleAtOnce) {
  const auto harness = MakeReady();
  ASSERT_TRUE(harness->BeginUnload());
  int idle = 0;
  harness->WhenIdle([&] { ++idle; });
  EXPECT_EQ(idle, 1);
  EXPECT_TRUE(harness->Unload());
  EXPECT_EQ(idle, 1);
}

TEST_F(LoaderHarnessTest, HandlesAndUnloadMayRace) {
  const auto harness = MakeReady();
  std::vector<Thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back("read", [&] {
      for (int n = 0; n < 500; ++n) {
        const auto handle = harness->TryGetHandle();
        EXPECT_TRUE(!handle || (*handle)->id().version == 1);
      }
    });
  }
  ASSERT_TRUE(harness->BeginUnload());
  Notification idle;
  harness->WhenIdle([&] { idle.Notify(); });
  idle.Wait();
  EXPECT_TRUE(harness->Unload());
  EXPECT_FALSE(IsLoaded());
}

}  // namespace
}  // namespace sconce
