// The models of folders that are watched, or looked at once.
#include <fstream>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/unit/sources/controller_on_ground.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RepositoryControllerPollTest : public ControllerOnGround {
 protected:
  // What was changed is seen, then it is settled and, all in all, `answers`
  // loads, unloads too, end.
  void Settle(int answers) {
    controller_->Refresh();
    clock_.Advance(kSettle);
    controller_->Refresh();
    RunPosted(answers);
  }
};

TEST_F(RepositoryControllerPollTest, LoadsWhatIsThereAtTheStart) {
  Put("net", 1, "a");
  Put("other", 3, "a");
  StartServer(ControlMode::kPoll);
  RunPosted(2);
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_EQ(Served("other"), "3a");
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(RepositoryControllerPollTest, ANewVersionIsLoadedWhenItIsSettled) {
  Put("net", 1, "a");
  StartServer(ControlMode::kPoll);
  RunPosted();
  Put("net", 2, "a");
  controller_->Refresh();
  EXPECT_FALSE(Report("net", 2).has_value());
  EXPECT_THAT(asked_, ElementsAre(clock_.Now() + kSettle));
  clock_.Advance(kSettle);
  controller_->Refresh();
  RunPosted();
  EXPECT_EQ(Served("net"), "2a");
  ground_.WaitUntilFreed("net 1a");
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(RepositoryControllerPollTest, AFileThatChangesIsNotSettled) {
  Put("net", 1, "a");
  StartServer(ControlMode::kPoll);
  RunPosted();
  Put("net", 1, "b");
  controller_->Refresh();
  Put("net", 1, "c");
  clock_.Advance(kSettle);
  controller_->Refresh();
  EXPECT_EQ(Served("net"), "1a");
  clock_.Advance(kSettle);
  controller_->Refresh();
  RunPosted();
  EXPECT_EQ(Served("net"), "1c");
  EXPECT_EQ(ground_.begun("net 1b"), 0);
}

TEST_F(RepositoryControllerPollTest, AFileThatIsWrittenAtTheStartIsWaitedFor) {
  Put("net", 1, "a");
  {
    const std::ofstream writer(Archive("net", 1), std::ios::app);
    StartServer(ControlMode::kPoll);
    EXPECT_THAT(manager_->Index(), IsEmpty());
  }
  Settle(1);
  EXPECT_EQ(Served("net"), "1a");
}

TEST_F(RepositoryControllerPollTest, AModelThatIsGoneIsUnloaded) {
  Put("net", 1, "a");
  StartServer(ControlMode::kPoll);
  RunPosted();
  Remove("net");
  controller_->Refresh();
  WaitUntilGone("net", 1);
  EXPECT_THAT(controller_->RepositoryModels(), IsEmpty());
}

TEST_F(RepositoryControllerPollTest, AFailureLeavesTheOldVersion) {
  Put("net", 1, "a");
  StartServer(ControlMode::kPoll);
  RunPosted();
  Put("net", 2, "a");
  ground_.Break("net 2a", absl::InvalidArgumentError("broken"));
  Settle(1);
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_EQ(Report("net", 2)->status.message(), "broken");
  Put("net", 2, "b");  // the repair
  Settle(1);
  EXPECT_EQ(Served("net"), "2b");
}

TEST_F(RepositoryControllerPollTest, ABrokenConfigLeavesTheOldVersion) {
  Put("net", 1, "a");
  StartServer(ControlMode::kPoll);
  RunPosted();
  repository_.AddFile("net/config.pbtxt", "no config {");
  Settle(1);
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_TRUE(absl::IsInvalidArgument(Report("net", 1)->status));
}

TEST_F(RepositoryControllerPollTest, WithoutTheRepositoryAllStays) {
  Put("net", 1, "a");
  StartServer(ControlMode::kPoll);
  RunPosted();
  const std::string away = repository_.path() + ".away";
  std::filesystem::rename(repository_.path(), away);
  Settle(0);
  EXPECT_EQ(Served("net"), "1a");
  std::filesystem::rename(away, repository_.path());
  Settle(0);
  EXPECT_EQ(ground_.begun("net 1a"), 1);
}

TEST_F(RepositoryControllerPollTest, NothingIsFollowedInModeNone) {
  Put("net", 1, "a");
  ground_.Break("net 1a", absl::UnavailableError("no process"));
  StartServer(ControlMode::kNone);
  RunPosted();
  Put("net", 2, "a");
  Settle(0);
  EXPECT_THAT(asked_, IsEmpty());
  EXPECT_EQ(ground_.begun("net 1a"), 1);
  EXPECT_EQ(ground_.begun("net 2a"), 0);
  EXPECT_THAT(controller_->RepositoryModels()[0].versions, ElementsAre(1, 2));
}

}  // namespace
}  // namespace sconce
