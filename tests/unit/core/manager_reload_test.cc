// A Manager that replaces versions while they serve.
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/model_ground.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;

class ManagerReloadTest : public ManagerOnGround {};

TEST_F(ManagerReloadTest, AFirstLoadIsAnsweredWhenItServes) {
  Start();
  EXPECT_TRUE(Ask("net", {"1a"})->Wait().ok());
  EXPECT_EQ(Served("net"), "1a");
}

TEST_F(ManagerReloadTest, TheOldVersionServesUntilTheNewOneIsReady) {
  Start();
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  ground_.Hold("net 2a");
  const auto reload = Ask("net", {"2a"});
  ground_.WaitUntilBegun("net 2a");
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_FALSE(reload->ended());
  ground_.Release("net 2a");
  EXPECT_TRUE(reload->Wait().ok());
  EXPECT_EQ(Served("net"), "2a");
  WaitUntilGone("net", 1);
  EXPECT_EQ(ground_.alive(), 1);
  EXPECT_EQ(manager_->GetHandle("net", 1).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ManagerReloadTest, OtherContentOfAVersionTakesItsPlace) {
  Start();
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  ground_.Hold("net 1b");
  const auto reload = Ask("net", {"1b"});
  ground_.WaitUntilBegun("net 1b");
  EXPECT_EQ(Served("net", 1), "1a");
  ground_.Release("net 1b");
  EXPECT_TRUE(reload->Wait().ok());
  EXPECT_EQ(Served("net", 1), "1b");
  ground_.WaitUntilFreed("net 1a");
  EXPECT_EQ(manager_->Index().size(), 1u);
}

TEST_F(ManagerReloadTest, AFailedReloadLeavesTheOldContentAndSaysWhy) {
  Start();
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  ground_.Break("net 1b", absl::InvalidArgumentError("bad archive"));
  EXPECT_EQ(Ask("net", {"1b"})->Wait(),
            absl::InvalidArgumentError("bad archive"));
  EXPECT_EQ(Served("net"), "1a");
  const auto index = manager_->Index();
  ASSERT_EQ(index.size(), 1u);
  EXPECT_EQ(index[0].state, State::kReady);
  EXPECT_THAT(std::string(index[0].status.message()),
              HasSubstr("what was loaded before serves on: bad archive"));
}

TEST_F(ManagerReloadTest, AFailedNewVersionLeavesTheOldOne) {
  Start();
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  ground_.Break("net 2a", absl::InvalidArgumentError("bad archive"));
  EXPECT_FALSE(Ask("net", {"2a"})->Wait().ok());
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_EQ(manager_->Index().at(1).state, State::kError);
}

TEST_F(ManagerReloadTest, ASupersededLoadIsAbortedAndNeverServes) {
  Start(2);
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  ground_.Hold("net 2a");
  const auto superseded = Ask("net", {"2a"});
  ground_.WaitUntilBegun("net 2a");
  EXPECT_TRUE(Ask("net", {"3a"})->Wait().ok());
  EXPECT_TRUE(absl::IsAborted(superseded->Wait()));
  ground_.Release("net 2a");
  WaitUntilGone("net", 2);
  EXPECT_EQ(Served("net"), "3a");
  EXPECT_EQ(ground_.freed("net 2a"), 1);
}

TEST_F(ManagerReloadTest, AnUnloadDuringALoadWins) {
  Start();
  ground_.Hold("net 1a");
  const auto load = Ask("net", {"1a"});
  ground_.WaitUntilBegun("net 1a");
  EXPECT_TRUE(Ask("net", {})->Wait().ok());
  EXPECT_TRUE(absl::IsAborted(load->Wait()));
  ground_.Release("net 1a");
  WaitUntilGone("net", 1);
  EXPECT_TRUE(absl::IsNotFound(manager_->GetHandle("net", {}).status()));
  EXPECT_TRUE(manager_->Index().empty());
}

TEST_F(ManagerReloadTest, AFailedLoadThatNobodyWantsIsForgotten) {
  Start();
  ground_.Hold("net 1a");
  ground_.Break("net 1a", absl::InternalError("broken"));
  const auto load = Ask("net", {"1a"});
  ground_.WaitUntilBegun("net 1a");
  EXPECT_TRUE(Ask("net", {})->Wait().ok());
  ground_.Release("net 1a");
  WaitUntilGone("net", 1);
  EXPECT_TRUE(absl::IsAborted(load->Wait()));
  EXPECT_TRUE(manager_->Index().empty());
}

TEST_F(ManagerReloadTest, ALoadThatDidNotBeginIsForgottenAtOnce) {
  Start(1);
  ground_.Hold("slow 1a");
  const auto slow = Ask("slow", {"1a"});
  ground_.WaitUntilBegun("slow 1a");
  const auto load = Ask("net", {"1a"});
  EXPECT_TRUE(Ask("net", {})->Wait().ok());
  EXPECT_TRUE(absl::IsAborted(load->Wait()));
  EXPECT_EQ(manager_->Find("net"), nullptr);
  ground_.Release("slow 1a");
  EXPECT_TRUE(slow->Wait().ok());
  EXPECT_EQ(ground_.begun("net 1a"), 0);
}

TEST_F(ManagerReloadTest, TheSameWishFromTwoIsOneLoad) {
  Start(2);
  ground_.Hold("net 1a");
  const auto first = Ask("net", {"1a"});
  const auto second = Ask("net", {"1a"});
  ground_.WaitUntilBegun("net 1a");
  EXPECT_FALSE(first->ended());
  EXPECT_FALSE(second->ended());
  ground_.Release("net 1a");
  EXPECT_TRUE(first->Wait().ok());
  EXPECT_TRUE(second->Wait().ok());
  EXPECT_EQ(ground_.begun("net 1a"), 1);
}

TEST_F(ManagerReloadTest, WhatIsUnwantedAndWantedAgainWhileLoadingServes) {
  Start();
  ground_.Hold("net 1a");
  const auto first = Ask("net", {"1a"});
  ground_.WaitUntilBegun("net 1a");
  const auto unload = Ask("net", {});
  const auto again = Ask("net", {"1a"});
  EXPECT_TRUE(absl::IsAborted(first->Wait()));
  ground_.Release("net 1a");
  EXPECT_TRUE(again->Wait().ok());
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_EQ(ground_.begun("net 1a"), 1);
}

TEST_F(ManagerReloadTest, WhatIsWantedAgainOnItsWayOutIsLoadedAnew) {
  Start();
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  auto handle = manager_->GetHandle("net", {});
  ASSERT_TRUE(handle.ok());
  EXPECT_TRUE(Ask("net", {})->Wait().ok());
  EXPECT_FALSE(manager_->GetHandle("net", {}).ok());
  EXPECT_TRUE(Ask("net", {"1a"})->Wait().ok());
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_EQ(ground_.begun("net 1a"), 2);
  EXPECT_EQ(ground_.alive(), 2);
  *handle = ServableHandle();
  ground_.WaitUntilFreed("net 1a");
  EXPECT_EQ(Served("net"), "1a");
}

TEST_F(ManagerReloadTest, AStuckRequestHindersNothingElse) {
  Start();
  ASSERT_TRUE(Ask("stuck", {"1a"})->Wait().ok());
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  auto handle = manager_->GetHandle("stuck", {});
  ASSERT_TRUE(handle.ok());
  EXPECT_TRUE(Ask("stuck", {"2a"})->Wait().ok());
  EXPECT_EQ(Served("stuck"), "2a");
  EXPECT_TRUE(Ask("net", {"2a"})->Wait().ok());
  WaitUntilGone("net", 1);
  EXPECT_TRUE(Ask("net", {})->Wait().ok());
  WaitUntilGone("net", 2);
  EXPECT_TRUE(Ask("other", {"1a"})->Wait().ok());
  EXPECT_TRUE(Ask("stuck", {"3a"})->Wait().ok());
  WaitUntilGone("stuck", 2);
  EXPECT_EQ(manager_->Index().size(), 3u);  // of "stuck" 1 and 3
  EXPECT_EQ(ground_.freed("stuck 1a"), 0);
  *handle = ServableHandle();
  ground_.WaitUntilFreed("stuck 1a");
}

TEST_F(ManagerReloadTest, AFailedContentIsNotTriedAgainByItself) {
  Start();
  ground_.Break("net 1a", absl::InternalError("broken"));
  EXPECT_FALSE(Ask("net", {"1a"})->Wait().ok());
  EXPECT_EQ(Ask("net", {"1a"})->Wait(), absl::InternalError("broken"));
  EXPECT_EQ(ground_.begun("net 1a"), 1);
}

TEST_F(ManagerReloadTest, AFailedContentIsTriedAgainOnDemand) {
  Start();
  ground_.Break("net 1a", absl::InternalError("broken"));
  ASSERT_FALSE(Ask("net", {"1a"})->Wait().ok());
  ground_.Mend("net 1a");
  AspiredModel wanted = Want("net", {"1a"});
  wanted.retry_failed = true;
  EXPECT_TRUE(Ask(wanted)->Wait().ok());
  EXPECT_EQ(Served("net"), "1a");
}

TEST_F(ManagerReloadTest, TheListenerHearsThatAFailedOneIsForgotten) {
  Start();
  ground_.Break("net 1a", absl::InternalError("broken"));
  ASSERT_FALSE(Ask("net", {"1a"})->Wait().ok());
  AspiredModel wanted = Want("net", {"2a"});
  wanted.retry_failed = true;
  EXPECT_TRUE(Ask(wanted)->Wait().ok());
  WaitUntilGone("net", 1);
}

TEST_F(ManagerReloadTest,
       AFailedOneThatIsNotWantedIsForgottenThoughAllIsThere) {
  Start();
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  ground_.Break("net 2a", absl::InternalError("broken"));
  ASSERT_FALSE(Ask("net", {"1a", "2a"})->Wait().ok());
  AspiredModel wanted = Want("net", {"1a"});
  wanted.retry_failed = true;
  EXPECT_TRUE(Ask(wanted)->Wait().ok());
  WaitUntilGone("net", 2);
  EXPECT_EQ(manager_->Index().size(), 1u);
}

TEST_F(ManagerReloadTest, TheFirstFailureIsToldWhenAllLoadsEnded) {
  Start(2);
  ground_.Break("net 1a", absl::InternalError("broken"));
  ground_.Hold("net 2a");
  const auto load = Ask("net", {"1a", "2a"});
  WaitToHear("net", 1, State::kError);
  EXPECT_FALSE(load->ended());
  ground_.Release("net 2a");
  EXPECT_EQ(load->Wait(), absl::InternalError("broken"));
}

TEST_F(ManagerReloadTest, ResourcesAreSavedWhereThatIsThePolicy) {
  Start();
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  auto handle = manager_->GetHandle("net", {});
  ASSERT_TRUE(handle.ok());
  const auto reload =
      Ask(Want("net", {"2a"}, ReloadPolicy::kPreserveResources));
  EXPECT_THAT(Served("net"), HasSubstr("not at ready state"));
  EXPECT_EQ(ground_.begun("net 2a"), 0);
  *handle = ServableHandle();
  EXPECT_TRUE(reload->Wait().ok());
  EXPECT_EQ(ground_.freed("net 1a"), 1);
  EXPECT_EQ(Served("net"), "2a");
}

TEST_F(ManagerReloadTest, AReplacementThatIsSuspendedLeavesTheOldOne) {
  Start();
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  ground_.Hold("net 2a");
  const auto reload = Ask("net", {"2a"});
  ground_.WaitUntilBegun("net 2a");
  const ServableId id = manager_->Find("net")->Report(2)->id;
  manager_->Suspend(id, absl::UnavailableError("stuck"));
  ground_.Release("net 2a");
  EXPECT_TRUE(reload->Wait().ok());
  EXPECT_EQ(Served("net"), "1a");
  manager_->Resume(id);
  EXPECT_EQ(Served("net"), "2a");
  WaitUntilGone("net", 1);
}

TEST_F(ManagerReloadTest, AliasesAndWeightsLeadToVersions) {
  Start();
  EXPECT_TRUE(absl::IsNotFound(manager_->SetRoutes("net", {})));
  ASSERT_TRUE(Ask("net", {"1a", "2a"})->Wait().ok());
  ASSERT_TRUE(manager_->SetRoutes("net", {{{"stable", 1}}, {{1, 1}}}).ok());
  EXPECT_EQ(Served("net", VersionSelector(std::string("stable"))), "1a");
  EXPECT_EQ(Served("net"), "1a");
  ASSERT_TRUE(Ask("net", {"1b", "2a"})->Wait().ok());  // they stay
  EXPECT_EQ(Served("net"), "1b");
}

TEST_F(ManagerReloadTest, VersionsThatTwoThreadsAddAreAllKept) {
  Start(2);
  constexpr int kEach = 50;
  const auto add = [&](int first) {
    for (int i = 0; i < kEach; ++i) {
      EXPECT_TRUE(
          manager_
              ->Add(
                  Want("net", {absl::StrCat(first + i, "a")}).versions.front())
              .ok());
    }
  };
  {
    Thread low("low", [&] { add(1); });
    Thread high("high", [&] { add(1 + kEach); });
  }
  EXPECT_EQ(manager_->Index().size(), 2u * kEach);
}

TEST_F(ManagerReloadTest, ServablesAreFreedOnTheUnloadThreadOnly) {
  Start(2);
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  for (int i = 2; i < 20; ++i) {
    auto handle = manager_->GetHandle("net", {});
    ASSERT_TRUE(handle.ok());
    ASSERT_TRUE(Ask("net", {absl::StrCat(i, "a")})->Wait().ok());
    *handle = ServableHandle();  // the last one, on this thread
    WaitUntilGone("net", i - 1);
  }
  const auto threads = ground_.unload_threads();
  EXPECT_EQ(threads.size(), 1u);
  EXPECT_EQ(threads.count(std::this_thread::get_id()), 0u);
}

TEST_F(ManagerReloadTest, WhoWaitsIsAnsweredWhenTheServerStops) {
  Start(1);
  ground_.Hold("net 1a");
  const auto running = Ask("net", {"1a"});
  ground_.WaitUntilBegun("net 1a");
  const auto waiting = Ask("other", {"1a"});
  Thread stopper("stop", [&] { manager_->UnloadAll(); });
  EXPECT_TRUE(absl::IsAborted(running->Wait()));
  EXPECT_TRUE(absl::IsAborted(waiting->Wait()));
  EXPECT_TRUE(absl::IsUnavailable(Ask("late", {"1a"})->Wait()));
  ground_.Release("net 1a");
  stopper.Join();
  EXPECT_EQ(ground_.begun("other 1a"), 0);
  EXPECT_EQ(ground_.alive(), 0);
  EXPECT_EQ(manager_->reserved_memory(), 0);
}

TEST_F(ManagerReloadTest, WhoWaitsIsToldWhenLoadsStop) {
  Start(/*load_threads=*/1);
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  ground_.Hold("net 2a");
  const auto load = Ask("net", {"1a", "2a"});
  ground_.WaitUntilBegun("net 2a");
  manager_->StopLoads();
  EXPECT_TRUE(absl::IsUnavailable(load->Wait()));
  EXPECT_TRUE(absl::IsUnavailable(Ask("net", {"1a", "3a"})->Wait()));
  EXPECT_EQ(Served("net"), "1a");
  ground_.Release("net 2a");
  ground_.WaitUntilFreed("net 2a");
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_EQ(ground_.freed("net 1a"), 0);
}

TEST_F(ManagerReloadTest, AThousandModelsLoadOnSeveralThreads) {
  Start(4);
  constexpr int kModels = 1000;
  std::vector<std::shared_ptr<Outcome>> loads;
  for (int i = 0; i < kModels; ++i) {
    loads.push_back(Ask(absl::StrCat("net", i), {"1a"}));
  }
  for (const auto& load : loads) EXPECT_TRUE(load->Wait().ok());
  EXPECT_EQ(ground_.alive(), kModels);
  EXPECT_EQ(manager_->Index().size(), 1u * kModels);
  EXPECT_EQ(Served("net999"), "1a");
}

}  // namespace
}  // namespace sconce
