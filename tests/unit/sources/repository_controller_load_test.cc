// Loads that clients ask for.
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/unit/sources/controller_on_ground.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const char kLatestTwo[] = "version_policy { latest { num_versions: 2 } }";

class RepositoryControllerLoadTest : public ControllerOnGround {
 protected:
  void BreakContent(const std::string& what) {
    ground_.Break(what, absl::InvalidArgumentError(what + " is broken"));
  }
};

TEST_F(RepositoryControllerLoadTest, NothingIsLoadedUnasked) {
  Put("net", 1, "a");
  Put("net", 2, "a");
  StartServer();
  EXPECT_THAT(manager_->Index(), IsEmpty());
  const auto models = controller_->RepositoryModels();
  ASSERT_EQ(models.size(), 1u);
  EXPECT_EQ(models[0].name, "net");
  EXPECT_THAT(models[0].versions, ElementsAre(1, 2));
}

TEST_F(RepositoryControllerLoadTest, TheStartLoadsWhatTheFlagsName) {
  Put("net", 1, "a");
  Put("other", 1, "a");
  StartServer(ControlMode::kExplicit, {"net", "missing"});
  RunPosted(2);
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_EQ(ground_.begun("other 1a"), 0);
  StartServer(ControlMode::kExplicit, {"*"});
  RunPosted(2);
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_EQ(Served("other"), "1a");
}

TEST_F(RepositoryControllerLoadTest, LoadsWhatTheVersionPolicyPicks) {
  Put("net", 1, "a");
  Put("net", 2, "a");
  Put("net", 3, "a");
  StartServer();
  ASSERT_TRUE(Load("net").ok());
  EXPECT_EQ(Served("net"), "3a");
  repository_.AddFile("net/config.pbtxt", kLatestTwo);
  ASSERT_TRUE(Load("net").ok());
  EXPECT_TRUE(IsReady("net", 2));
  EXPECT_TRUE(IsReady("net", 3));
  EXPECT_EQ(ground_.begun("net 1a"), 0);
}

TEST_F(RepositoryControllerLoadTest, ANumberLoadsThatVersionBesideWhatServes) {
  Put("net", 1, "a");
  Put("net", 2, "a");
  StartServer();
  ASSERT_TRUE(Load("net", {2}).ok());
  ASSERT_TRUE(Load("net", {1}).ok());
  EXPECT_EQ(Served("net", 1), "1a");
  EXPECT_EQ(Served("net", 2), "2a");
  EXPECT_EQ(ground_.begun("net 2a"), 1);  // it was there
}

TEST_F(RepositoryControllerLoadTest, OtherContentOfAVersionTakesItsPlace) {
  Put("net", 1, "a");
  StartServer();
  ASSERT_TRUE(Load("net").ok());
  Put("net", 1, "b");
  EXPECT_EQ(Served("net"), "1a");
  ASSERT_TRUE(Load("net").ok());
  EXPECT_EQ(Served("net"), "1b");
  ground_.WaitUntilFreed("net 1a");
}

TEST_F(RepositoryControllerLoadTest, WhatIsNotThereIsNotFound) {
  Put("net", 1, "a");
  StartServer();
  EXPECT_TRUE(absl::IsNotFound(Load("missing")));
  const absl::Status status = Load("net", {1, 7});
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("version 7"));
  EXPECT_THAT(manager_->Index(), IsEmpty());  // not version 1 either
}

TEST_F(RepositoryControllerLoadTest, WhatCannotBeANameIsRefused) {
  Put("net", 1, "a");
  StartServer();
  for (const char* name : {"", "..", "../net", "net/1", ".sconce", "a\nb"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Load(name))) << name;
    EXPECT_TRUE(absl::IsInvalidArgument(Unload(name))) << name;
    EXPECT_TRUE(absl::IsInvalidArgument(Delete(name, 1))) << name;
    EXPECT_TRUE(absl::IsInvalidArgument(Rollback(name).status())) << name;
  }
}

TEST_F(RepositoryControllerLoadTest, OtherControlModesAreNamedInTheRefusal) {
  Put("net", 1, "a");
  for (ControlMode mode : {ControlMode::kNone, ControlMode::kPoll}) {
    StartServer(mode);
    RunPosted();
    for (const absl::Status& status :
         {Load("net"), Unload("net"), Delete("net", 1),
          Rollback("net").status()}) {
      EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
      EXPECT_THAT(std::string(status.message()),
                  HasSubstr("--model-control-mode=explicit"));
    }
    EXPECT_EQ(Served("net"), "1a");
    EXPECT_TRUE(HasVersion("net", 1));
  }
}

TEST_F(RepositoryControllerLoadTest, AFailureLeavesTheOldVersion) {
  Put("net", 1, "a");
  StartServer();
  ASSERT_TRUE(Load("net").ok());
  Put("net", 2, "a");
  BreakContent("net 2a");
  const absl::Status status = Load("net");
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(status.message(), "net 2a is broken");
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_EQ(Report("net", 2)->status, status);  // the index says why
}

TEST_F(RepositoryControllerLoadTest, AfterAFailureTheNextStartsFromWhatServes) {
  for (int64_t version : {1, 2, 3}) Put("net", version, "a");
  StartServer();
  ASSERT_TRUE(Load("net", {1}).ok());
  BreakContent("net 2a");
  EXPECT_FALSE(Load("net", {2}).ok());
  EXPECT_TRUE(Load("net", {3}).ok());
  EXPECT_EQ(ground_.begun("net 2a"), 1);
  EXPECT_TRUE(IsReady("net", 1));
  EXPECT_TRUE(IsReady("net", 3));
}

TEST_F(RepositoryControllerLoadTest, AFailureOfOtherContentLeavesTheOldOne) {
  Put("net", 1, "a");
  Put("net", 2, "a");
  StartServer();
  ASSERT_TRUE(Load("net", {1}).ok());
  Put("net", 1, "b");
  BreakContent("net 1b");
  EXPECT_FALSE(Load("net", {1}).ok());
  EXPECT_EQ(Served("net", 1), "1a");
  EXPECT_TRUE(Load("net", {2}).ok());
  EXPECT_EQ(Served("net", 1), "1a");
  EXPECT_EQ(ground_.begun("net 1b"), 1);
}

TEST_F(RepositoryControllerLoadTest, WhatFailedIsTriedAgainWhenAskedFor) {
  Put("net", 1, "a");
  StartServer();
  BreakContent("net 1a");
  EXPECT_FALSE(Load("net").ok());
  ground_.Mend("net 1a");
  EXPECT_TRUE(Load("net").ok());
  EXPECT_EQ(Served("net"), "1a");
}

TEST_F(RepositoryControllerLoadTest, AnotherVersionsFailureIsNotTold) {
  Put("net", 1, "a");
  Put("net", 2, "a");
  StartServer();
  BreakContent("net 1a");
  ground_.Hold("net 2a");
  const auto first = BeginLoad("net", {1});
  const auto second = BeginLoad("net", {2});
  EXPECT_TRUE(absl::IsInvalidArgument(Await(first)));
  ground_.Release("net 2a");
  EXPECT_TRUE(Await(second).ok());
  EXPECT_EQ(Served("net"), "2a");
}

TEST_F(RepositoryControllerLoadTest, AnUnloadCallsTheLoadOff) {
  Put("net", 1, "a");
  StartServer();
  ground_.Hold("net 1a");
  const auto load = BeginLoad("net");
  ground_.WaitUntilBegun("net 1a");
  EXPECT_TRUE(Unload("net").ok());
  EXPECT_TRUE(absl::IsAborted(Await(load)));
  ground_.Release("net 1a");
  WaitUntilGone("net", 1);
  EXPECT_TRUE(Load("net").ok());
}

TEST_F(RepositoryControllerLoadTest, AConfigOfTheRequestReplacesTheFile) {
  Put("net", 1, "a");
  Put("net", 2, "a");
  StartServer();
  ModelLoadRequest request{"net", {}, {}, {}};
  request.config_json =
      R"({"version_policy": {"specific": {"versions": [1]}}})";
  EXPECT_TRUE(Await(BeginLoad(request)).ok());
  EXPECT_EQ(Served("net"), "1a");
  request.config_json = "{";
  EXPECT_TRUE(absl::IsInvalidArgument(Await(BeginLoad(request))));
  EXPECT_EQ(Served("net"), "1a");
}

TEST_F(RepositoryControllerLoadTest, FilesOfTheRequestAreGoneAfterTheLoad) {
  StartServer();
  ModelLoadRequest request{"net", {}, "{}", {{"1/model.pt", "sent"}}};
  ground_.Hold("net 1sent");
  const auto load = BeginLoad(request);
  ground_.WaitUntilBegun("net 1sent");
  EXPECT_THAT(FilesBelow(repository_.path()), Not(IsEmpty()));
  ground_.Release("net 1sent");
  EXPECT_TRUE(Await(load).ok());
  EXPECT_EQ(Served("net"), "1sent");
  EXPECT_THAT(FilesBelow(repository_.path()),
              ElementsAre(".sconce/state.json"));
}

TEST_F(RepositoryControllerLoadTest, AVersionIsNotWaitedForByAnother) {
  Put("net", 1, "a");
  Put("net", 2, "a");
  StartServer();
  ground_.Hold("net 1a");
  const auto held = BeginLoad("net", {1});
  EXPECT_TRUE(Load("net", {2}).ok());
  EXPECT_EQ(Served("net"), "2a");
  EXPECT_FALSE(held->ended());
  ground_.Release("net 1a");
  EXPECT_TRUE(Await(held).ok());
}

TEST_F(RepositoryControllerLoadTest, AFailureDoesNotCallOffAnothersLoad) {
  for (int64_t version : {1, 2, 3}) Put("net", version, "a");
  BreakContent("net 2a");
  StartServer();
  ground_.Hold("net 1a");
  const auto held = BeginLoad("net", {1});
  EXPECT_FALSE(Load("net", {2}).ok());
  EXPECT_TRUE(Load("net", {3}).ok());
  ground_.Release("net 1a");
  EXPECT_TRUE(Await(held).ok());
  EXPECT_TRUE(IsReady("net", 1));
}

}  // namespace
}  // namespace sconce
