// A Manager that has a budget of memory.
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/model_ground.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;

class ManagerMemoryTest : public ManagerOnGround {};

TEST_F(ManagerMemoryTest, WhatIsLoadedStaysReserved) {
  Start(1, 100);
  ground_.Need("net 1a", {90, 60});
  ground_.Hold("net 1a");
  const auto load = Ask("net", {"1a"});
  ground_.WaitUntilBegun("net 1a");
  EXPECT_EQ(manager_->reserved_memory(), 90);
  ground_.Release("net 1a");
  ASSERT_TRUE(load->Wait().ok());
  EXPECT_EQ(manager_->reserved_memory(), 60);
  ASSERT_TRUE(Ask("net", {})->Wait().ok());
  WaitUntilGone("net", 1);
  EXPECT_EQ(manager_->reserved_memory(), 0);
}

TEST_F(ManagerMemoryTest, WhatDoesNotFitIsRefusedUnread) {
  Start(1, 100);
  ground_.Need("a 1a", {60, 60});
  ground_.Need("b 1a", {50, 50});
  ASSERT_TRUE(Ask("a", {"1a"})->Wait().ok());
  const absl::Status refused = Ask("b", {"1a"})->Wait();
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("--max-model-memory"));
  EXPECT_EQ(ground_.begun("b 1a"), 0);
  EXPECT_EQ(manager_->reserved_memory(), 60);
  EXPECT_EQ(manager_->GetHandle("b", {}).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ManagerMemoryTest, WhatWasRefusedLoadsOnDemandWhenThereIsRoom) {
  Start(1, 100);
  ground_.Need("a 1a", {60, 60});
  ground_.Need("b 1a", {50, 50});
  ASSERT_TRUE(Ask("a", {"1a"})->Wait().ok());
  ASSERT_FALSE(Ask("b", {"1a"})->Wait().ok());
  ASSERT_TRUE(Ask("a", {})->Wait().ok());
  WaitUntilGone("a", 1);
  AspiredModel again = Want("b", {"1a"});
  again.retry_failed = true;
  EXPECT_TRUE(Ask(again)->Wait().ok());
}

TEST_F(ManagerMemoryTest, ALoadWaitsForTheEndOfAnother) {
  Start(2, 100);
  ground_.Need("a 1a", {80, 20});
  ground_.Need("b 1a", {70, 70});
  ground_.Hold("a 1a");
  const auto a = Ask("a", {"1a"});
  ground_.WaitUntilBegun("a 1a");
  const auto b = Ask("b", {"1a"});
  const auto small = Ask("small", {"1a"});  // who waits holds up nobody
  EXPECT_TRUE(small->Wait().ok());
  EXPECT_EQ(ground_.begun("b 1a"), 0);
  EXPECT_FALSE(b->ended());
  ground_.Release("a 1a");
  EXPECT_TRUE(b->Wait().ok());
  EXPECT_EQ(manager_->reserved_memory(), 90);
}

TEST_F(ManagerMemoryTest, ALoadWaitsForTheEndOfAFailedOne) {
  Start(2, 100);
  ground_.Need("a 1a", {80, 20});
  ground_.Need("b 1a", {70, 70});
  ground_.Hold("a 1a");
  ground_.Break("a 1a", absl::InternalError("broken"));
  const auto a = Ask("a", {"1a"});
  ground_.WaitUntilBegun("a 1a");
  const auto b = Ask("b", {"1a"});
  ground_.Release("a 1a");
  EXPECT_TRUE(b->Wait().ok());
  EXPECT_EQ(manager_->reserved_memory(), 70);
}

TEST_F(ManagerMemoryTest, ALoadWaitsForWhatIsOnItsWayOut) {
  Start(1, 100);
  ground_.Need("a 1a", {80, 80});
  ground_.Need("b 1a", {70, 70});
  ASSERT_TRUE(Ask("a", {"1a"})->Wait().ok());
  auto handle = manager_->GetHandle("a", {});
  ASSERT_TRUE(handle.ok());
  ASSERT_TRUE(Ask("a", {})->Wait().ok());
  const auto b = Ask("b", {"1a"});
  const auto small = Ask("small", {"1a"});
  EXPECT_TRUE(small->Wait().ok());
  EXPECT_FALSE(b->ended());
  *handle = ServableHandle();
  EXPECT_TRUE(b->Wait().ok());
}

TEST_F(ManagerMemoryTest, AWaitingLoadCanBeCalledOff) {
  Start(2, 100);
  ground_.Need("a 1a", {80, 20});
  ground_.Need("b 1a", {70, 70});
  ground_.Hold("a 1a");
  const auto a = Ask("a", {"1a"});
  ground_.WaitUntilBegun("a 1a");
  const auto b = Ask("b", {"1a"});
  ASSERT_TRUE(Ask("small", {"1a"})->Wait().ok());  // b was looked at
  EXPECT_TRUE(Ask("b", {})->Wait().ok());
  EXPECT_TRUE(absl::IsAborted(b->Wait()));
  ground_.Release("a 1a");
  EXPECT_TRUE(a->Wait().ok());
  EXPECT_EQ(ground_.begun("b 1a"), 0);
}

// The superseded one is not to stay, so its end is waited for.
TEST_F(ManagerMemoryTest, ASupersededLoadIsNoReasonToRefuse) {
  Start(2, 100);
  for (const char* what : {"net 1a", "net 2a", "net 3a"}) {
    ground_.Need(what, {50, 50});
  }
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  ground_.Hold("net 2a");
  const auto superseded = Ask("net", {"2a"});
  ground_.WaitUntilBegun("net 2a");
  const auto wanted = Ask("net", {"3a"});
  ASSERT_TRUE(Ask("small", {"1a"})->Wait().ok());  // 3a was looked at
  EXPECT_FALSE(wanted->ended());
  ground_.Release("net 2a");
  EXPECT_TRUE(wanted->Wait().ok());
  EXPECT_EQ(Served("net"), "3a");
}

TEST_F(ManagerMemoryTest, AReloadNeedsRoomForBothUnlessResourcesAreSaved) {
  Start(1, 100);
  ground_.Need("net 1a", {60, 60});
  ground_.Need("net 2a", {60, 60});
  ground_.Need("net 3a", {60, 60});
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Ask("net", {"2a"})->Wait()));
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_TRUE(
      Ask(Want("net", {"3a"}, ReloadPolicy::kPreserveResources))->Wait().ok());
  EXPECT_EQ(Served("net"), "3a");
  EXPECT_EQ(manager_->reserved_memory(), 60);
}

TEST_F(ManagerMemoryTest, ManyThatFitOneAfterTheOtherAllLoad) {
  Start(4, 1000);
  std::vector<std::shared_ptr<Outcome>> loads;
  for (int i = 0; i < 100; ++i) {
    const std::string model = absl::StrCat("net", i);
    ground_.Need(model + " 1a", {500, 5});
    loads.push_back(Ask(model, {"1a"}));
  }
  for (const auto& load : loads) EXPECT_TRUE(load->Wait().ok());
  EXPECT_EQ(manager_->reserved_memory(), 500);
}

TEST_F(ManagerMemoryTest, StoppingEndsWhatWaitsForMemory) {
  Start(2, 100);
  ground_.Need("a 1a", {80, 20});
  ground_.Need("b 1a", {70, 70});
  ground_.Hold("a 1a");
  const auto a = Ask("a", {"1a"});
  ground_.WaitUntilBegun("a 1a");
  const auto b = Ask("b", {"1a"});
  ASSERT_TRUE(Ask("small", {"1a"})->Wait().ok());
  Thread stopper("stop", [&] { manager_->UnloadAll(); });
  EXPECT_TRUE(absl::IsAborted(b->Wait()));
  ground_.Release("a 1a");
  stopper.Join();
  EXPECT_EQ(manager_->reserved_memory(), 0);
}

TEST_F(ManagerMemoryTest, TheDevicesMemoryIsReservedToo) {
  Start(1, 0, {{"cuda:0", 100}});
  ground_.Need("a 1a", {5, 5, 70, 60, {"cuda:0"}});
  ground_.Need("b 1a", {5, 5, 50, 50, {"cuda:0"}});
  ASSERT_TRUE(Ask("a", {"1a"})->Wait().ok());
  EXPECT_EQ(manager_->reserved_memory_of("cuda:0"), 60);
  const absl::Status refused = Ask("b", {"1a"})->Wait();
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_EQ(ground_.begun("b 1a"), 0);
  ASSERT_TRUE(Ask("a", {})->Wait().ok());
  WaitUntilGone("a", 1);
  EXPECT_EQ(manager_->reserved_memory_of("cuda:0"), 0);
}

TEST_F(ManagerMemoryTest, WhatALoadLeftOnTheDeviceBesideIsReservedAfterIt) {
  Start(1, 0, {{"cuda:0", 100}});
  ground_.Need("a 1a", {5, 5, 70, 40, {"cuda:0"}});
  ground_.Leave("a 1a", 30);
  ground_.Need("b 1a", {5, 5, 50, 50, {"cuda:0"}});
  ASSERT_TRUE(Ask("a", {"1a"})->Wait().ok());
  EXPECT_EQ(manager_->reserved_memory_of("cuda:0"), 70);
  EXPECT_TRUE(absl::IsResourceExhausted(Ask("b", {"1a"})->Wait()));
  ASSERT_TRUE(Ask("a", {})->Wait().ok());
  WaitUntilGone("a", 1);
  EXPECT_EQ(manager_->reserved_memory_of("cuda:0"), 0);
}

}  // namespace
}  // namespace sconce
