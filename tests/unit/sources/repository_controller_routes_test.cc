// Aliases and traffic shares.
#include <cerrno>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/nth_call.h"
#include "tests/unit/sources/controller_on_ground.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

class RepositoryControllerRoutesTest : public ControllerOnGround {
 protected:
  // Versions 1 and 2 serve.
  void SetUp() override {
    Put("net", 1, "a");
    Put("net", 2, "a");
    StartServer();
    ASSERT_TRUE(Load("net", {1, 2}).ok());
  }
  std::string ServedAs(const std::string& alias) {
    return Served("net", VersionSelector(alias));
  }
};

TEST_F(RepositoryControllerRoutesTest, RequestsGoWhereAnAliasLeads) {
  EXPECT_TRUE(SetAliases("net", {{"stable", 1}, {"canary", 2}}).ok());
  EXPECT_EQ(ServedAs("stable"), "1a");
  EXPECT_EQ(ServedAs("canary"), "2a");
  EXPECT_TRUE(SetAliases("net", {{"stable", 2}}, {"canary"}).ok());
  EXPECT_EQ(ServedAs("stable"), "2a");
  EXPECT_THAT(controller_->Routes("net").aliases,
              ElementsAre(Pair("stable", 2)));
}

TEST_F(RepositoryControllerRoutesTest, RequestsGoWhereTheTrafficIsLed) {
  EXPECT_TRUE(SetTraffic("net", {{1, 5}, {2, 0}}).ok());
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_TRUE(SetTraffic("net", {}).ok());
  EXPECT_EQ(Served("net"), "2a");
}

TEST_F(RepositoryControllerRoutesTest, LeadToReadyVersionsOnly) {
  Put("net", 3, "a");
  Put("other", 1, "a");
  ground_.Hold("net 3a");
  const auto load = BeginLoad("net", {3});
  ground_.WaitUntilBegun("net 3a");
  for (int64_t version : {3, 4}) {  // loading, not there
    EXPECT_TRUE(
        absl::IsFailedPrecondition(SetAliases("net", {{"x", version}})));
    EXPECT_TRUE(absl::IsFailedPrecondition(SetTraffic("net", {{version, 1}})));
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(SetAliases("other", {{"x", 1}})));
  EXPECT_TRUE(absl::IsFailedPrecondition(SetTraffic("other", {{1, 1}})));
  EXPECT_TRUE(absl::IsNotFound(SetAliases("missing", {{"x", 1}})));
  EXPECT_TRUE(absl::IsNotFound(SetTraffic("missing", {{1, 1}})));
  EXPECT_THAT(controller_->Routes("net").aliases, IsEmpty());
  EXPECT_THAT(controller_->Routes("net").traffic, IsEmpty());
  ground_.Release("net 3a");
  EXPECT_TRUE(Await(load).ok());
  EXPECT_TRUE(SetAliases("net", {{"x", 3}}).ok());
}

TEST_F(RepositoryControllerRoutesTest, OneThatCannotBeLeavesAllAsTheyWere) {
  ASSERT_TRUE(SetAliases("net", {{"stable", 1}}).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(
      SetAliases("net", {{"canary", 2}, {"no alias", 1}})));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      SetAliases("net", {{"canary", 2}, {"x", 9}}, {"stable"})));
  EXPECT_TRUE(absl::IsNotFound(SetAliases("net", {{"canary", 2}}, {"typo"})));
  EXPECT_TRUE(absl::IsInvalidArgument(SetTraffic("net", {{1, 0}, {2, 0}})));
  EXPECT_THAT(controller_->Routes("net").aliases,
              ElementsAre(Pair("stable", 1)));
  EXPECT_EQ(Served("net"), "2a");
}

TEST_F(RepositoryControllerRoutesTest, SurviveARestart) {
  ASSERT_TRUE(SetAliases("net", {{"stable", 1}}).ok());
  ASSERT_TRUE(SetTraffic("net", {{1, 1}}).ok());
  StartServer();
  RunPosted();
  EXPECT_EQ(ServedAs("stable"), "1a");
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_EQ(Served("net", 2), "2a");  // it was loaded
}

TEST_F(RepositoryControllerRoutesTest, WhatCannotBeStoredDoesNotApply) {
  ASSERT_TRUE(SetAliases("net", {{"stable", 1}}).ok());
  std::string failed = "some";
  for (int n = 1; !failed.empty(); ++n) {
    ASSERT_LT(n, 20);
    SCOPED_TRACE(n);
    {
      const FailNthCall fault(n, ENOSPC);
      const absl::Status status = SetAliases("net", {{"stable", 2}});
      failed = fault.failed();
      EXPECT_EQ(status.ok(), failed.empty());
      if (status.ok()) break;
      EXPECT_TRUE(absl::IsResourceExhausted(status)) << failed;
    }
    EXPECT_EQ(ServedAs("stable"), "1a") << failed;
    StartServer();  // nor after a restart
    RunPosted();
    EXPECT_EQ(ServedAs("stable"), "1a") << failed;
  }
  EXPECT_EQ(ServedAs("stable"), "2a");
}

TEST_F(RepositoryControllerRoutesTest, TrafficThatCannotBeStoredDoesNotApply) {
  {
    const FailNthCall fault(1, EIO);
    EXPECT_TRUE(absl::IsInternal(SetTraffic("net", {{1, 1}})));
  }
  EXPECT_EQ(Served("net"), "2a");
  EXPECT_THAT(controller_->Routes("net").traffic, IsEmpty());
}

TEST_F(RepositoryControllerRoutesTest,
       WhereNothingCanBeStoredTheyApplyAndWarn) {
  testing::internal::CaptureStderr();
  {
    const FailNthCall fault(1, EROFS);
    EXPECT_TRUE(SetTraffic("net", {{1, 1}}).ok());
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("is not stored; a restart forgets it"));
  EXPECT_EQ(Served("net"), "1a");
}

TEST_F(RepositoryControllerRoutesTest, CanBeTakenFromAModelThatIsGone) {
  ASSERT_TRUE(SetAliases("net", {{"stable", 1}, {"canary", 2}}).ok());
  ASSERT_TRUE(SetTraffic("net", {{1, 1}}).ok());
  ASSERT_TRUE(Unload("net").ok());
  EXPECT_TRUE(SetAliases("net", {}, {"canary"}).ok());
  Remove("net");
  EXPECT_TRUE(SetAliases("net", {}, {"stable"}).ok());
  EXPECT_TRUE(SetTraffic("net", {}).ok());
  EXPECT_THAT(controller_->Routes("net").aliases, IsEmpty());
  EXPECT_THAT(controller_->Routes("net").traffic, IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(SetAliases("net", {}, {"stable"})));
}

TEST_F(RepositoryControllerRoutesTest, AStateThatIsBrokenIsSetAside) {
  ASSERT_TRUE(SetAliases("net", {{"stable", 1}}).ok());
  repository_.AddFile(".sconce/state.json", "{");
  StartServer();
  EXPECT_THAT(manager_->Index(), IsEmpty());
  EXPECT_TRUE(Load("net").ok());
  EXPECT_THAT(ServedAs("stable"), HasSubstr("stable"));  // there is none
  EXPECT_THAT(FilesBelow(repository_.path(".sconce")),
              ElementsAre("state.json", HasSubstr(".corrupt-")));
}

TEST_F(RepositoryControllerRoutesTest, WhatTheyLeadToStaysBesideThePolicys) {
  ASSERT_TRUE(SetAliases("net", {{"stable", 1}}).ok());
  Put("net", 3, "a");
  ASSERT_TRUE(Load("net").ok());
  EXPECT_EQ(Served("net"), "3a");
  EXPECT_EQ(ServedAs("stable"), "1a");
  EXPECT_FALSE(IsReady("net", 2));
  ASSERT_TRUE(SetAliases("net", {}, {"stable"}).ok());
  ASSERT_TRUE(Load("net").ok());
  EXPECT_FALSE(IsReady("net", 1));
}

TEST_F(RepositoryControllerRoutesTest, ApplyAgainAfterAnUnload) {
  ASSERT_TRUE(SetAliases("net", {{"stable", 1}}).ok());
  ASSERT_TRUE(Unload("net").ok());
  EXPECT_THAT(ServedAs("stable"), Not("1a"));
  WaitUntilGone("net", 1);
  WaitUntilGone("net", 2);
  ASSERT_TRUE(Load("net").ok());  // the policy's, and that of the alias
  EXPECT_EQ(ServedAs("stable"), "1a");
}

TEST_F(RepositoryControllerRoutesTest, AWatchedModelKeepsTheirVersions) {
  StartServer(ControlMode::kPoll);
  RunPosted();
  EXPECT_FALSE(IsReady("net", 1));
  ASSERT_TRUE(SetAliases("net", {{"stable", 2}}).ok());
  Put("net", 3, "a");
  controller_->Refresh();
  clock_.Advance(kSettle);
  controller_->Refresh();
  RunPosted();
  EXPECT_EQ(Served("net"), "3a");
  EXPECT_EQ(ServedAs("stable"), "2a");
  ASSERT_TRUE(SetAliases("net", {{"stable", 3}}).ok());
  WaitUntilGone("net", 2);
}

}  // namespace
}  // namespace sconce
