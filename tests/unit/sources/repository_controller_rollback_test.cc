// Back to the version that served before, and which one that is.
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/unit/sources/controller_on_ground.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class RepositoryControllerRollbackTest : public ControllerOnGround {
 protected:
  // They served one after the other, the last one does now.
  void SetUp() override {
    StartServer();
    for (int64_t version : {1, 2, 3}) {
      Put("net", version, "a");
      ASSERT_TRUE(Load("net").ok());
    }
    ASSERT_EQ(Served("net"), "3a");
  }

  void ExpectBackTo(int64_t version) {
    const absl::StatusOr<int64_t> answer = Rollback("net");
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(*answer, version);
    EXPECT_EQ(Served("net"), absl::StrCat(version, "a"));
  }
};

TEST_F(RepositoryControllerRollbackTest, GoesBackOneVersionATime) {
  ExpectBackTo(2);
  EXPECT_FALSE(IsReady("net", 3));
  ExpectBackTo(1);
  EXPECT_TRUE(absl::IsFailedPrecondition(Rollback("net").status()));
  EXPECT_EQ(Served("net"), "1a");
}

TEST_F(RepositoryControllerRollbackTest, TheHistorySurvivesARestart) {
  StartServer();
  RunPosted();
  ExpectBackTo(2);
  StartServer();
  RunPosted();
  EXPECT_EQ(Served("net"), "2a");  // though the policy would pick version 3
  ExpectBackTo(1);
}

TEST_F(RepositoryControllerRollbackTest, PassesOverWhatWasDeleted) {
  ASSERT_TRUE(Delete("net", 2).ok());
  ExpectBackTo(1);
}

TEST_F(RepositoryControllerRollbackTest, PassesOverWhatIsGoneFromTheFolder) {
  Remove("net/2");
  ExpectBackTo(1);
}

TEST_F(RepositoryControllerRollbackTest, AFailureLeavesTheNewerVersion) {
  ground_.Break("net 2a", absl::InvalidArgumentError("broken"));
  ASSERT_TRUE(SetAliases("net", {{"stable", 3}}).ok());
  EXPECT_FALSE(Rollback("net").ok());
  EXPECT_EQ(Served("net"), "3a");
  EXPECT_THAT(controller_->Routes("net").aliases,
              ElementsAre(Pair("stable", 3)));
  const int begun = ground_.begun("net 2a");
  EXPECT_TRUE(Load("net").ok());
  EXPECT_EQ(ground_.begun("net 2a"), begun);
  ground_.Mend("net 2a");
  ExpectBackTo(2);
}

TEST_F(RepositoryControllerRollbackTest, AliasesFollowAndSharesAreGone) {
  ASSERT_TRUE(Load("net", {1}).ok());
  ASSERT_TRUE(SetAliases("net", {{"old", 1}, {"stable", 3}}).ok());
  ASSERT_TRUE(SetTraffic("net", {{1, 1}, {3, 1}}).ok());
  ExpectBackTo(2);
  EXPECT_THAT(controller_->Routes("net").aliases,
              ElementsAre(Pair("old", 1), Pair("stable", 2)));
  EXPECT_THAT(controller_->Routes("net").traffic, IsEmpty());
  StartServer();
  RunPosted();
  EXPECT_EQ(Served("net", VersionSelector("stable")), "2a");
}

TEST_F(RepositoryControllerRollbackTest, AShiftOfTheTrafficIsGoneBackOn) {
  ASSERT_TRUE(Load("net", {1}).ok());
  ASSERT_TRUE(SetTraffic("net", {{1, 1}}).ok());
  ASSERT_TRUE(SetTraffic("net", {{1, 9}, {3, 1}}).ok());
  ExpectBackTo(1);
  EXPECT_FALSE(IsReady("net", 3));
}

TEST_F(RepositoryControllerRollbackTest, WhatWasLeftIsNotGoneBackTo) {
  ASSERT_TRUE(Load("net", {1}).ok());
  ASSERT_TRUE(SetTraffic("net", {{1, 1}}).ok());  // 3 served before
  ASSERT_TRUE(SetTraffic("net", {{3, 1}}).ok());
  ExpectBackTo(1);
  EXPECT_TRUE(absl::IsFailedPrecondition(Rollback("net").status()));
  EXPECT_EQ(Served("net"), "1a");
}

TEST_F(RepositoryControllerRollbackTest, AVersionWithoutTrafficIsNotTheServed) {
  ASSERT_TRUE(SetTraffic("net", {{3, 1}}).ok());
  Put("net", 4, "a");
  ASSERT_TRUE(Load("net", {4}).ok());
  EXPECT_EQ(Served("net"), "3a");
  ExpectBackTo(2);
  EXPECT_FALSE(IsReady("net", 4));
}

TEST_F(RepositoryControllerRollbackTest, WhatServesInPlaceOfSharesIsTheServed) {
  ASSERT_TRUE(Load("net", {1}).ok());
  ASSERT_TRUE(SetTraffic("net", {{1, 1}}).ok());
  ASSERT_TRUE(Unload("net", {1}).ok());
  EXPECT_EQ(Served("net"), "3a");
  Put("net", 4, "a");
  ASSERT_TRUE(Load("net", {4}).ok());
  EXPECT_EQ(Served("net"), "4a");
  ExpectBackTo(3);
}

TEST_F(RepositoryControllerRollbackTest, DoesNotWaitForOtherLoads) {
  Put("net", 4, "a");
  ground_.Hold("net 4a");
  const auto load = BeginLoad("net", {4});
  ground_.WaitUntilBegun("net 4a");
  ExpectBackTo(2);
  ground_.Release("net 4a");
  EXPECT_TRUE(absl::IsAborted(Await(load)));
}

TEST_F(RepositoryControllerRollbackTest, TheNewerServesUntilTheEarlierIsReady) {
  ground_.Hold("net 2a");
  auto outcome = std::make_shared<Outcome>();
  absl::StatusOr<int64_t> version;
  const int begun = ground_.begun("net 2a");
  controller_->Rollback("net", VersionDoneOf(outcome, &version));
  ground_.WaitUntilBegun("net 2a", begun + 1);
  EXPECT_EQ(Served("net"), "3a");
  ground_.Release("net 2a");
  EXPECT_TRUE(Await(outcome).ok());
  EXPECT_EQ(Served("net"), "2a");
}

TEST_F(RepositoryControllerRollbackTest, AFailedLoadIsNoPartOfTheHistory) {
  Put("net", 4, "a");
  ground_.Break("net 4a", absl::InvalidArgumentError("broken"));
  EXPECT_FALSE(Load("net").ok());
  EXPECT_EQ(Served("net"), "3a");
  ExpectBackTo(2);
}

TEST_F(RepositoryControllerRollbackTest, WithoutAnEarlierVersionThereIsNone) {
  Put("other", 1, "a");
  EXPECT_TRUE(absl::IsFailedPrecondition(Rollback("other").status()));
  ASSERT_TRUE(Load("other").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Rollback("other").status()));
  EXPECT_TRUE(absl::IsNotFound(Rollback("missing").status()));
}

}  // namespace
}  // namespace sconce
