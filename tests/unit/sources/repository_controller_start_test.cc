// Starts while the repository cannot be read.
#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/unit/sources/controller_on_ground.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RepositoryControllerStartTest : public ControllerOnGround {
 protected:
  // A server that starts while the repository is out of sight.
  void StartWithout(ControlMode mode,
                    const std::vector<std::string>& models = {}) {
    std::filesystem::rename(repository_.path(), away_);
    StartServer(mode, models);
    EXPECT_EQ(started_, 0);
    EXPECT_THAT(manager_->Index(), IsEmpty());
    EXPECT_THAT(asked_, ElementsAre(clock_.Now() + kRetry));
  }
  void Bring() { std::filesystem::rename(away_, repository_.path()); }

  void TearDown() override {
    if (std::filesystem::exists(away_)) Bring();
    ControllerOnGround::TearDown();
  }

 private:
  const std::string away_ = repository_.path() + ".away";
};

class StartInModeTest : public RepositoryControllerStartTest,
                        public testing::WithParamInterface<ControlMode> {};

INSTANTIATE_TEST_SUITE_P(Modes, StartInModeTest,
                         testing::Values(ControlMode::kNone, ControlMode::kPoll,
                                         ControlMode::kExplicit));

TEST_P(StartInModeTest, ARepositoryThatIsThereEndsTheStart) {
  Put("net", 1, "a");
  StartServer(GetParam(), {"net"});
  EXPECT_EQ(started_, 1);
  EXPECT_EQ(manager_->Index().size(), 1u);
  RunPosted();
}

TEST_P(StartInModeTest, OneThatComesIsLoadedAsAtTheStart) {
  Put("net", 1, "a");
  StartWithout(GetParam(), {"net"});
  controller_->Refresh();
  EXPECT_EQ(started_, 0);
  EXPECT_EQ(asked_.size(), 2u);
  Bring();
  controller_->Refresh();
  EXPECT_EQ(started_, 1);
  EXPECT_EQ(manager_->Index().size(), 1u);  // before anybody is told
  RunPosted();
  EXPECT_EQ(Served("net"), "1a");
  controller_->Refresh();
  EXPECT_EQ(started_, 1);
}

TEST_F(RepositoryControllerStartTest, AfterItModeNoneFollowsNothing) {
  StartWithout(ControlMode::kNone);
  Bring();
  Put("net", 1, "a");
  controller_->Refresh();
  RunPosted();
  Put("net", 2, "a");
  controller_->Refresh();
  EXPECT_FALSE(Report("net", 2).has_value());
}

TEST_F(RepositoryControllerStartTest, WhatClientsHadLoadedComesWithIt) {
  Put("net", 1, "a");
  Put("net", 2, "a");
  RegistryState left;
  left["net"].loaded = true;
  left["net"].versions = {1};
  left["net"].routes.aliases = {{"stable", 1}};
  ASSERT_TRUE(RegistryStateFile(repository_.path(".sconce/state.json"))
                  .Write(left)
                  .ok());
  StartWithout(ControlMode::kExplicit);
  Bring();
  controller_->Refresh();
  EXPECT_EQ(started_, 1);
  RunPosted();
  EXPECT_EQ(Served("net", VersionSelector("stable")), "1a");
  EXPECT_FALSE(Report("net", 2).has_value());
}

TEST_F(RepositoryControllerStartTest, AModelOfAFlagThatDoesNotComeIsTold) {
  StartWithout(ControlMode::kExplicit, {"net"});
  Bring();
  controller_->Refresh();
  EXPECT_EQ(started_, 1);
  RunPosted();
  ASSERT_TRUE(Report("net", 1).has_value());
  EXPECT_EQ(Report("net", 1)->state, State::kError);
  EXPECT_TRUE(absl::IsNotFound(Report("net", 1)->status));
}

TEST_F(RepositoryControllerStartTest, AClientsLoadWaitsForNothing) {
  StartWithout(ControlMode::kExplicit);
  EXPECT_TRUE(absl::IsUnavailable(Load("net")));
  Bring();
  Put("net", 1, "a");
  EXPECT_TRUE(Load("net").ok());
}

}  // namespace
}  // namespace sconce
