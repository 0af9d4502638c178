// Unloads and deletions that clients ask for.
#include <cerrno>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/file_calls.h"
#include "tests/unit/sources/controller_on_ground.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RepositoryControllerUnloadTest : public ControllerOnGround {
 protected:
  void SetUp() override {
    Put("net", 1, "a");
    Put("net", 2, "a");
    StartServer();
  }
  std::vector<int64_t> KnownVersions() {
    const auto models = controller_->RepositoryModels();
    return models.empty() ? std::vector<int64_t>() : models[0].versions;
  }
};

TEST_F(RepositoryControllerUnloadTest, AllVersionsGo) {
  ASSERT_TRUE(Load("net", {1, 2}).ok());
  EXPECT_TRUE(Unload("net").ok());
  EXPECT_FALSE(IsReady("net", 1));
  EXPECT_FALSE(IsReady("net", 2));
  WaitUntilGone("net", 1);
  WaitUntilGone("net", 2);
  EXPECT_TRUE(HasVersion("net", 2));
}

TEST_F(RepositoryControllerUnloadTest, OneVersionGoesAndTheOtherServes) {
  ASSERT_TRUE(Load("net", {1, 2}).ok());
  EXPECT_TRUE(Unload("net", {2}).ok());
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_FALSE(IsReady("net", 2));
}

TEST_F(RepositoryControllerUnloadTest, IsDoneWhileRequestsAreInFlight) {
  ASSERT_TRUE(Load("net").ok());
  auto handle = manager_->GetHandle("net", {});
  ASSERT_TRUE(handle.ok());
  EXPECT_TRUE(Unload("net").ok());
  EXPECT_EQ(ground_.freed("net 2a"), 0);
  handle = absl::UnavailableError("given back");
  ground_.WaitUntilFreed("net 2a");
}

TEST_F(RepositoryControllerUnloadTest, WhatServesGoesThoughItsReloadGoesOn) {
  ASSERT_TRUE(Load("net", {1}).ok());
  Put("net", 1, "b");
  ground_.Hold("net 1b");
  const auto load = BeginLoad("net", {1});
  ground_.WaitUntilBegun("net 1b");
  EXPECT_TRUE(Unload("net", {1}).ok());
  EXPECT_FALSE(IsReady("net", 1));
  EXPECT_TRUE(absl::IsAborted(Await(load)));
  ground_.Release("net 1b");
  ground_.WaitUntilFreed("net 1a");
  ground_.WaitUntilFreed("net 1b");
}

TEST_F(RepositoryControllerUnloadTest, TellsWhatIsNotLoaded) {
  EXPECT_TRUE(absl::IsNotFound(Unload("missing")));
  EXPECT_TRUE(Unload("net").ok());  // there is nothing to be done
  EXPECT_TRUE(absl::IsNotFound(Unload("net", {1})));
  ASSERT_TRUE(Load("net", {2}).ok());
  const absl::Status status = Unload("net", {2, 1});
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("version 1"));
  EXPECT_EQ(Served("net"), "2a");
}

TEST_F(RepositoryControllerUnloadTest, AModelWhoseFilesAreGoneCanBeUnloaded) {
  ASSERT_TRUE(Load("net").ok());
  Remove("net");
  EXPECT_EQ(Served("net"), "2a");
  EXPECT_TRUE(Unload("net").ok());
  WaitUntilGone("net", 2);
  EXPECT_TRUE(absl::IsNotFound(Unload("net")));
}

TEST_F(RepositoryControllerUnloadTest, ADeletedVersionIsUnloaded) {
  ASSERT_TRUE(Load("net", {1, 2}).ok());
  EXPECT_TRUE(Delete("net", 2).ok());
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_FALSE(HasVersion("net", 2));
  EXPECT_THAT(KnownVersions(), ElementsAre(1));
  EXPECT_TRUE(Delete("net", 1).ok());
  EXPECT_THAT(KnownVersions(), IsEmpty());
  EXPECT_THAT(FilesBelow(repository_.path()),
              ElementsAre(".sconce/state.json"));
}

TEST_F(RepositoryControllerUnloadTest, ADeletionLeavesWhatElseServes) {
  ASSERT_TRUE(Load("net", {2}).ok());
  EXPECT_TRUE(Delete("net", 1).ok());
  EXPECT_FALSE(HasVersion("net", 1));
  EXPECT_EQ(Served("net"), "2a");
}

TEST_F(RepositoryControllerUnloadTest, AFailureGoesWithItsVersion) {
  ground_.Break("net 2a", absl::InvalidArgumentError("broken"));
  ASSERT_TRUE(Load("net", {1}).ok());
  ASSERT_FALSE(Load("net", {2}).ok());
  ASSERT_TRUE(Report("net", 2).has_value());
  EXPECT_TRUE(Delete("net", 2).ok());
  EXPECT_FALSE(Report("net", 2).has_value());
  EXPECT_EQ(Served("net"), "1a");
}

TEST_F(RepositoryControllerUnloadTest, OnlyWhatIsThereCanBeDeleted) {
  EXPECT_TRUE(absl::IsNotFound(Delete("missing", 1)));
  EXPECT_TRUE(absl::IsNotFound(Delete("net", 3)));
  EXPECT_THAT(KnownVersions(), ElementsAre(1, 2));
}

TEST_F(RepositoryControllerUnloadTest, WhatRequestsAreLedToCannotBeDeleted) {
  ASSERT_TRUE(Load("net", {1, 2}).ok());
  ASSERT_TRUE(SetAliases("net", {{"stable", 1}}).ok());
  ASSERT_TRUE(SetTraffic("net", {{2, 1}}).ok());
  for (int64_t version : {1, 2}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(Delete("net", version)));
    EXPECT_TRUE(HasVersion("net", version));
    EXPECT_TRUE(IsReady("net", version));
  }
  ASSERT_TRUE(SetAliases("net", {}, {"stable"}).ok());
  EXPECT_TRUE(Delete("net", 1).ok());
}

TEST_F(RepositoryControllerUnloadTest, ADeletionThatTheDiskRefusesIsTold) {
  ASSERT_TRUE(Load("net", {1, 2}).ok());
  const ScopedFileFault fault(
      [](absl::string_view call) { return call == "mkdir" ? EROFS : 0; });
  const absl::Status status = Delete("net", 1);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(HasVersion("net", 1));
  EXPECT_THAT(KnownVersions(), ElementsAre(1, 2));
  EXPECT_TRUE(IsReady("net", 1));  // nothing has changed
}

}  // namespace
}  // namespace sconce
