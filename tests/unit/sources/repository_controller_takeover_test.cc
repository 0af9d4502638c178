// Two servers on one repository: the first keeps the state, the second follows
// when that has ended.
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/unit/sources/controller_on_ground.h"

namespace sconce {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

class RepositoryControllerTakeoverTest : public ControllerOnGround {
 protected:
  RepositoryControllerTakeoverTest() {
    Put("net", 1, "a");
    Put("net", 2, "a");
    Put("other", 1, "a");
  }

  // The first server has version 1 of net; the second starts beside it, and
  // loads `models` by itself.
  void StartBeside(const std::vector<std::string>& models = {}) {
    left_["net"].loaded = true;
    left_["net"].versions = {1};
    left_["net"].routes.aliases = {{"stable", 1}};
    ASSERT_TRUE(first_->Write(left_).ok());
    testing::internal::CaptureStderr();
    StartServer(ControlMode::kExplicit, models);
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                HasSubstr("another server"));
    RunPosted(1 + models.size());
    ASSERT_EQ(Served("net"), "1a");
  }

  // The first server ends with what `left_` says; the second has not seen it.
  void EndUnseen() {
    ASSERT_TRUE(first_->Write(left_).ok());
    first_.reset();
  }
  void EndFirst() {
    EndUnseen();
    controller_->Refresh();
  }

  RegistryState OnDisk() {
    return RegistryStateFile(repository_.path(".sconce/state.json")).Read();
  }

  std::optional<RegistryStateFile> first_{
      repository_.path(".sconce/state.json")};
  RegistryState left_;
};

TEST_F(RepositoryControllerTakeoverTest, LooksAgainUntilTheOtherHasEnded) {
  StartBeside();
  for (size_t looks = 1; looks < 4; ++looks) {
    EXPECT_EQ(asked_.size(), looks);
    controller_->Refresh();
  }
  EndFirst();
  const size_t looks = asked_.size();
  controller_->Refresh();
  EXPECT_EQ(asked_.size(), looks);
}

TEST_F(RepositoryControllerTakeoverTest, WhatTheOtherDidMeanwhileApplies) {
  StartBeside();
  left_["net"].versions = {1, 2};
  left_["net"].routes.aliases = {{"stable", 2}};
  left_["other"].loaded = true;
  left_["other"].versions = {1};
  EndFirst();
  RunPosted(2);
  EXPECT_EQ(Served("net", VersionSelector("stable")), "2a");
  EXPECT_EQ(Served("other"), "1a");
  EXPECT_EQ(OnDisk(), left_);
}

TEST_F(RepositoryControllerTakeoverTest, WhatTheOtherUnloadedGoes) {
  StartBeside();
  left_["net"] = ModelRecord();
  EndFirst();
  RunPosted();
  WaitUntilGone("net", 1);
  EXPECT_THAT(controller_->Routes("net").aliases, IsEmpty());
}

TEST_F(RepositoryControllerTakeoverTest, WhatItDidNotTouchIsAsThisOneHasIt) {
  StartBeside();
  ASSERT_TRUE(Load("other").ok());
  EXPECT_THAT(OnDisk(), Not(Contains(Pair("other", testing::_))));
  EndFirst();
  EXPECT_EQ(Served("other"), "1a");
  EXPECT_TRUE(OnDisk()["other"].loaded);
  EXPECT_THAT(OnDisk()["net"].versions, ElementsAre(1));
}

// An alias says nothing about what is loaded.
TEST_F(RepositoryControllerTakeoverTest, WhatAFlagLoadedStays) {
  StartBeside({"other"});
  left_["other"].routes.aliases = {{"stable", 1}};
  EndFirst();
  EXPECT_EQ(Served("other", VersionSelector("stable")), "1a");
}

TEST_F(RepositoryControllerTakeoverTest, ItsAliasesAreNotOverwritten) {
  StartBeside();
  left_["net"].routes.aliases = {{"stable", 1}, {"green", 1}};
  EndUnseen();
  ASSERT_TRUE(SetAliases("net", {{"canary", 1}}).ok());
  EXPECT_THAT(
      OnDisk()["net"].routes.aliases,
      ElementsAre(Pair("canary", 1), Pair("green", 1), Pair("stable", 1)));
}

TEST_F(RepositoryControllerTakeoverTest, ALoadAddsToWhatItLeft) {
  StartBeside();
  left_["net"].versions = {1, 2};
  EndUnseen();
  Put("net", 3, "a");
  ASSERT_TRUE(Load("net", {3}).ok());
  EXPECT_THAT(OnDisk()["net"].versions, ElementsAre(1, 2, 3));
}

TEST_F(RepositoryControllerTakeoverTest, AnUnloadIsTheLastWord) {
  StartBeside();
  left_["net"].versions = {1, 2};
  EndUnseen();
  ASSERT_TRUE(Unload("net").ok());
  WaitUntilGone("net", 1);
  EXPECT_FALSE(OnDisk()["net"].loaded);
}

TEST_F(RepositoryControllerTakeoverTest, AFreshRepositoryHasOneKeeper) {
  StartServer();
  EXPECT_EQ(first_->Keep(/*make_folder=*/true), StateKeeper::kAnother);
  EXPECT_TRUE(controller_->CheckKeeper("").ok());
}

// Where nothing is to be stored until a client asks for it.
TEST_F(RepositoryControllerTakeoverTest, OrNoneUntilThereIsAFolder) {
  StartServer(ControlMode::kNone);
  RunPosted(2);
  left_["net"].routes.aliases = {{"green", 2}};
  ASSERT_TRUE(first_->Write(left_).ok());
  EXPECT_TRUE(SetAliases("net", {{"blue", 2}}).ok());
  EXPECT_FALSE(controller_->CheckKeeper("").ok());
  EXPECT_EQ(OnDisk(), left_);
  EndFirst();
  EXPECT_EQ(Served("net", VersionSelector("green")), "2a");
}

TEST_F(RepositoryControllerTakeoverTest, OnlyTheKeeperDeletes) {
  StartBeside();
  EXPECT_TRUE(absl::IsFailedPrecondition(Delete("net", 2)));
  EXPECT_TRUE(HasVersion("net", 2));
  EndFirst();
  EXPECT_TRUE(Delete("net", 2).ok());
  EXPECT_FALSE(HasVersion("net", 2));
}

}  // namespace
}  // namespace sconce
