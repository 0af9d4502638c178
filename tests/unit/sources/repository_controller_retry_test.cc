// Loads that failed for what may be over later, in folders that are watched.
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/unit/sources/controller_on_ground.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Status kNoMemory = absl::ResourceExhaustedError("memory is short");
const absl::Status kNoProcess = absl::UnavailableError("no process");

class RepositoryControllerRetryTest : public ControllerOnGround {
 protected:
  // As the thread does at the time that was asked for.
  void RefreshWhenAsked(int answers) {
    ASSERT_EQ(asked_.size(), 1u);
    clock_.Advance(asked_.front() - clock_.Now());
    asked_.clear();
    controller_->Refresh();
    RunPosted(answers);
  }
};

TEST_F(RepositoryControllerRetryTest, IsTriedAgainAsLongAsTheCauseIsThere) {
  Put("net", 1, "a");
  for (const absl::Status& cause : {kNoMemory, kNoProcess}) {
    ground_.Break("net 1a", cause);
    const int before = ground_.begun("net 1a");
    StartServer(ControlMode::kPoll);
    RunPosted();
    EXPECT_THAT(asked_, ElementsAre(clock_.Now() + kRetry));
    RefreshWhenAsked(1);
    EXPECT_EQ(ground_.begun("net 1a"), before + 2);
    EXPECT_THAT(asked_, ElementsAre(clock_.Now() + kRetry));
    ground_.Mend("net 1a");
    RefreshWhenAsked(1);
    EXPECT_EQ(Served("net"), "1a");
    EXPECT_THAT(asked_, IsEmpty());
  }
}

TEST_F(RepositoryControllerRetryTest, AFileThatIsBrokenIsNotTriedAgain) {
  Put("net", 1, "a");
  ground_.Break("net 1a", absl::InvalidArgumentError("broken"));
  StartServer(ControlMode::kPoll);
  RunPosted();
  EXPECT_THAT(asked_, IsEmpty());
  ground_.Mend("net 1a");
  clock_.Advance(kRetry);
  controller_->Refresh();
  EXPECT_EQ(ground_.begun("net 1a"), 1);
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(RepositoryControllerRetryTest, ANewVersionIsTriedAgainBesideTheOld) {
  Put("net", 1, "a");
  StartServer(ControlMode::kPoll);
  RunPosted();
  Put("net", 2, "a");
  ground_.Break("net 2a", kNoMemory);
  controller_->Refresh();
  RefreshWhenAsked(1);  // it is settled
  EXPECT_EQ(Served("net"), "1a");
  ground_.Mend("net 2a");
  RefreshWhenAsked(1);
  EXPECT_EQ(Served("net"), "2a");
  EXPECT_EQ(ground_.begun("net 1a"), 1);
}

TEST_F(RepositoryControllerRetryTest, OtherContentIsTriedAgainBesideTheOld) {
  Put("net", 1, "a");
  StartServer(ControlMode::kPoll);
  RunPosted();
  Put("net", 1, "b");
  ground_.Break("net 1b", kNoMemory);
  controller_->Refresh();
  RefreshWhenAsked(1);
  EXPECT_EQ(Served("net"), "1a");
  ground_.Mend("net 1b");
  RefreshWhenAsked(1);
  EXPECT_EQ(Served("net"), "1b");
}

// Otherwise it would be refused once more and wait for another period.
TEST_F(RepositoryControllerRetryTest, WhatIsGoneMakesRoomForWhatIsTriedAgain) {
  Put("large", 1, "a");
  ground_.Need("large 1a", {80, 80});
  ground_.Need("net 1a", {50, 50});
  StartServer(ControlMode::kPoll, {}, /*memory_budget=*/100);
  RunPosted();
  Put("net", 1, "a");
  controller_->Refresh();
  RefreshWhenAsked(1);
  EXPECT_TRUE(absl::IsResourceExhausted(Report("net", 1)->status));
  Remove("large");
  RefreshWhenAsked(2);
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(RepositoryControllerRetryTest, ASuspendedModelIsLeftAlone) {
  Put("net", 1, "a");
  StartServer(ControlMode::kPoll);
  RunPosted();
  const ServableId id = (*manager_->GetHandle("net", {}))->id();
  manager_->Suspend(id, absl::UnavailableError("an operator hangs"));
  clock_.Advance(kRetry);
  controller_->Refresh();
  EXPECT_THAT(asked_, IsEmpty());
  manager_->Resume(id);
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_EQ(ground_.begun("net 1a"), 1);
}

}  // namespace
}  // namespace sconce
