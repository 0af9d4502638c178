// Uploads that come into a repository and are loaded.
#include <cerrno>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/sources/sha256.h"
#include "server/sources/upload_store.h"
#include "tests/support/nth_call.h"
#include "tests/unit/sources/controller_on_ground.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// An upload whose bytes are there, and what comes of it.
struct Upload {
  std::shared_ptr<Outcome> outcome = std::make_shared<Outcome>();
  absl::StatusOr<int64_t> version;
};

class RepositoryControllerPublishTest : public ControllerOnGround {
 protected:
  std::shared_ptr<StagedUpload> Stage(const std::string& bytes) {
    UploadRequest request;
    request.model = "net";
    Sha256 hash;
    hash.Update(bytes);
    request.sha256 = hash.Finish();
    request.size = static_cast<int64_t>(bytes.size());
    auto staged = store_.Begin(request);
    if (!staged.ok() || !(*staged)->Append(bytes).ok()) {
      ADD_FAILURE() << "the upload cannot be staged";
      return nullptr;
    }
    return *std::move(staged);
  }
  std::shared_ptr<Upload> BeginPublish(const std::string& bytes,
                                       int64_t version = 0) {
    auto upload = std::make_shared<Upload>();
    controller_->Publish(Stage(bytes), "net", version,
                         [upload](absl::StatusOr<int64_t> answer) {
                           upload->version = answer;
                           upload->outcome->Set(answer.status());
                         });
    return upload;
  }
  absl::StatusOr<int64_t> Await(const std::shared_ptr<Upload>& upload) {
    ControllerOnGround::Await(upload->outcome).IgnoreError();
    return upload->version;
  }
  absl::StatusOr<int64_t> Publish(const std::string& bytes,
                                  int64_t version = 0) {
    return Await(BeginPublish(bytes, version));
  }
  void BreakContent(const std::string& what) {
    ground_.Break(what, absl::InvalidArgumentError(what + " is broken"));
  }

  // What the repository holds but for the server's own files.
  std::set<std::string> ModelFiles() const {
    std::set<std::string> files = FilesBelow(repository_.path());
    std::erase_if(files, [](const std::string& file) {
      return file.rfind(".sconce/state", 0) == 0;
    });
    return files;
  }

  UploadStore store_{UploadStore::Options{repository_.path()}};
};

TEST_F(RepositoryControllerPublishTest, TheNextVersionTakesTheLastOnesPlace) {
  StartServer();
  EXPECT_EQ(*Publish("a"), 1);
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_EQ(*Publish("b"), 2);
  EXPECT_EQ(Served("net"), "2b");
  EXPECT_FALSE(IsReady("net", 1));
  EXPECT_THAT(ModelFiles(), ElementsAre("net/1/model.pt", "net/2/model.pt"));
  EXPECT_THAT(controller_->RepositoryModels()[0].versions, ElementsAre(1, 2));
}

TEST_F(RepositoryControllerPublishTest, IsLoadedAgainAfterARestart) {
  StartServer();
  ASSERT_TRUE(Publish("a").ok());
  StartServer();
  RunPosted();
  EXPECT_EQ(Served("net"), "1a");
}

TEST_F(RepositoryControllerPublishTest, AFailureLeavesNothingOfANewModel) {
  StartServer();
  BreakContent("net 1a");
  const absl::Status status = Publish("a").status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(status.message(), "net 1a is broken");
  EXPECT_THAT(ModelFiles(), IsEmpty());
  EXPECT_THAT(controller_->RepositoryModels(), IsEmpty());
  WaitUntilGone("net", 1);
  EXPECT_EQ(*Publish("b"), 1);
}

TEST_F(RepositoryControllerPublishTest, AFailureLeavesWhatWasThere) {
  StartServer();
  ASSERT_TRUE(Publish("a").ok());
  BreakContent("net 2b");
  EXPECT_FALSE(Publish("b").ok());
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_FALSE(Report("net", 2).has_value());
  EXPECT_THAT(ModelFiles(), ElementsAre("net/1/model.pt"));
  EXPECT_TRUE(Load("net").ok());
  EXPECT_EQ(ground_.begun("net 1a"), 1);
}

TEST_F(RepositoryControllerPublishTest, WhatClientsLoadedByNumberStays) {
  Put("net", 1, "a");
  Put("net", 2, "a");
  StartServer();
  ASSERT_TRUE(Load("net", {1}).ok());
  EXPECT_EQ(*Publish("b"), 3);
  EXPECT_EQ(Served("net"), "3b");
  EXPECT_EQ(Served("net", 1), "1a");
  EXPECT_EQ(ground_.begun("net 2a"), 0);
}

TEST_F(RepositoryControllerPublishTest, AVersionThatIsThereIsNotReplaced) {
  Put("net", 1, "a");
  StartServer();
  EXPECT_TRUE(absl::IsAlreadyExists(Publish("b", 1).status()));
  EXPECT_EQ(ContentOf(Archive("net", 1)), "a");
  EXPECT_THAT(ModelFiles(), ElementsAre("net/1/model.pt"));
}

TEST_F(RepositoryControllerPublishTest, AfterTheHighestNumberThereIsNoNext) {
  const int64_t highest = std::numeric_limits<int64_t>::max();
  StartServer();
  ASSERT_EQ(*Publish("a", highest), highest);
  const absl::Status status = Publish("b").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("highest number"));
  EXPECT_EQ(*Publish("c", 7), 7);
}

TEST_F(RepositoryControllerPublishTest, IsRefusedWhereClientsDoNotDecide) {
  StartServer(ControlMode::kPoll);
  EXPECT_TRUE(absl::IsFailedPrecondition(Publish("a").status()));
  EXPECT_THAT(ModelFiles(), IsEmpty());
}

TEST_F(RepositoryControllerPublishTest, AtTheSameTimeTheHighestRemains) {
  StartServer();
  ground_.Hold("net 1a");
  ground_.Hold("net 2b");
  const auto first = BeginPublish("a");
  const auto second = BeginPublish("b");
  ground_.WaitUntilBegun("net 1a");
  ground_.WaitUntilBegun("net 2b");
  ground_.Release("net 2b");
  ground_.Release("net 1a");
  EXPECT_EQ(*Await(second), 2);
  EXPECT_EQ(*Await(first), 1);
  EXPECT_EQ(Served("net"), "2b");
  EXPECT_THAT(ModelFiles(), ElementsAre("net/1/model.pt", "net/2/model.pt"));
}

TEST_F(RepositoryControllerPublishTest, AHigherOnesFailureLeavesTheOther) {
  StartServer();
  ASSERT_TRUE(Publish("a").ok());
  BreakContent("net 3c");
  ground_.Hold("net 2b");
  const auto third = BeginPublish("c", 3);
  const auto second = BeginPublish("b", 2);
  EXPECT_FALSE(Await(third).ok());
  EXPECT_EQ(Served("net"), "1a");
  ground_.Release("net 2b");
  EXPECT_EQ(*Await(second), 2);
  EXPECT_EQ(Served("net"), "2b");
  EXPECT_FALSE(IsReady("net", 1));
  EXPECT_THAT(ModelFiles(), ElementsAre("net/1/model.pt", "net/2/model.pt"));
}

TEST_F(RepositoryControllerPublishTest, AFailureAfterTheOtherLeavesIt) {
  StartServer();
  ASSERT_TRUE(Publish("a").ok());
  BreakContent("net 3c");
  ground_.Hold("net 2b");
  const auto second = BeginPublish("b");
  const auto third = BeginPublish("c");  // waits for version 2, too
  ground_.Release("net 2b");
  EXPECT_EQ(*Await(second), 2);
  EXPECT_FALSE(Await(third).ok());
  EXPECT_EQ(Served("net"), "2b");
  EXPECT_FALSE(IsReady("net", 1));
}

TEST_F(RepositoryControllerPublishTest, ALowerOnesFailureLeavesTheOther) {
  StartServer();
  ASSERT_TRUE(Publish("a").ok());
  BreakContent("net 2b");
  ground_.Hold("net 2b");
  const auto second = BeginPublish("b");
  const auto third = BeginPublish("c");
  ground_.WaitUntilBegun("net 2b");
  WaitToHear("net", 3, State::kReady);
  ground_.Release("net 2b");
  EXPECT_FALSE(Await(second).ok());
  EXPECT_EQ(*Await(third), 3);
  EXPECT_EQ(Served("net"), "3c");
  EXPECT_FALSE(IsReady("net", 1));
  EXPECT_THAT(ModelFiles(), ElementsAre("net/1/model.pt", "net/3/model.pt"));
}

TEST_F(RepositoryControllerPublishTest, AllFailuresLeaveWhatWasThere) {
  StartServer();
  ASSERT_TRUE(Publish("a").ok());
  BreakContent("net 2b");
  BreakContent("net 3c");
  ground_.Hold("net 2b");
  const auto third = BeginPublish("c", 3);
  const auto second = BeginPublish("b", 2);
  EXPECT_FALSE(Await(third).ok());
  ground_.Release("net 2b");
  EXPECT_FALSE(Await(second).ok());
  EXPECT_EQ(Served("net"), "1a");
  EXPECT_EQ(ground_.begun("net 1a"), 1);
  EXPECT_THAT(ModelFiles(), ElementsAre("net/1/model.pt"));
}

TEST_F(RepositoryControllerPublishTest, AnEndDuringTheLoadTakesItBack) {
  StartServer();
  ASSERT_TRUE(Publish("a").ok());
  ground_.Hold("net 2b");
  auto upload = BeginPublish("b");
  ground_.WaitUntilBegun("net 2b");
  ground_.Release("net 2b");
  StartServer();  // what the load answers is not heard any more
  RunPosted();
  UploadStore(UploadStore::Options{repository_.path()}).RemoveLeftovers();
  EXPECT_FALSE(HasVersion("net", 2));
  EXPECT_EQ(Served("net"), "1a");
}

TEST_F(RepositoryControllerPublishTest, AnEndThatIsAnnouncedTakesItBackAtOnce) {
  StartServer();
  ASSERT_TRUE(Publish("a").ok());
  ground_.Hold("net 2b");
  auto upload = BeginPublish("b");
  ground_.WaitUntilBegun("net 2b");
  manager_->StopLoads();
  EXPECT_TRUE(absl::IsUnavailable(Await(upload).status()));
  EXPECT_FALSE(HasVersion("net", 2));
  ground_.Release("net 2b");
  StartServer();
  RunPosted();
  EXPECT_EQ(Served("net"), "1a");
}

TEST_F(RepositoryControllerPublishTest, WhatAnAliasHeldGoesWithTheNext) {
  StartServer();
  ASSERT_TRUE(Publish("a").ok());
  ASSERT_TRUE(SetAliases("net", {{"stable", 1}}).ok());
  ASSERT_TRUE(Publish("b").ok());
  EXPECT_EQ(Served("net", 1), "1a");
  ASSERT_TRUE(SetAliases("net", {{"stable", 2}}).ok());
  ASSERT_TRUE(Publish("c").ok());
  EXPECT_FALSE(IsReady("net", 1));
  EXPECT_TRUE(IsReady("net", 2));
  ASSERT_TRUE(SetAliases("net", {}, {"stable"}).ok());
  ASSERT_TRUE(Publish("d").ok());
  EXPECT_FALSE(IsReady("net", 2));
  EXPECT_FALSE(IsReady("net", 3));
  EXPECT_EQ(Served("net"), "4d");
}

TEST_F(RepositoryControllerPublishTest, WhatARollbackBroughtGoesWithTheNext) {
  StartServer();
  ASSERT_TRUE(Publish("a").ok());
  ASSERT_TRUE(Publish("b").ok());
  ASSERT_TRUE(Rollback("net").ok());
  ASSERT_EQ(Served("net"), "1a");
  ASSERT_TRUE(Publish("c").ok());
  EXPECT_FALSE(IsReady("net", 1));
  EXPECT_EQ(Served("net"), "3c");
}

TEST_F(RepositoryControllerPublishTest, WhatLiesThereByHandChangesNothing) {
  StartServer();
  ASSERT_TRUE(Publish("a").ok());
  Put("net", 2, "by hand");
  ASSERT_TRUE(Publish("c").ok());
  EXPECT_FALSE(IsReady("net", 1));
  ASSERT_TRUE(Publish("d").ok());
  EXPECT_FALSE(IsReady("net", 3));
}

TEST_F(RepositoryControllerPublishTest, WhatWasChosenStaysAfterARestart) {
  Put("net", 1, "a");
  StartServer();
  ASSERT_TRUE(Load("net", {1}).ok());
  StartServer();
  RunPosted();
  ASSERT_TRUE(Publish("b").ok());
  EXPECT_TRUE(IsReady("net", 1));
  ASSERT_TRUE(Load("net").ok());  // from here on the policy chooses
  ASSERT_TRUE(Publish("c").ok());
  EXPECT_FALSE(IsReady("net", 2));
}

TEST_F(RepositoryControllerPublishTest, AVersionThatALoadBroughtIsNotTaken) {
  StartServer();
  const ModelLoadRequest sent{"net", {}, "{}", {{"3/model.pt", "sent"}}};
  ASSERT_TRUE(ControllerOnGround::Await(BeginLoad(sent)).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Publish("b", 3).status()));
  EXPECT_EQ(Served("net"), "3sent");
  EXPECT_EQ(*Publish("b"), 4);
}

TEST_F(RepositoryControllerPublishTest, ADiskThatFailsLeavesTheOldVersion) {
  StartServer();
  ASSERT_TRUE(Publish("a").ok());
  std::string failed = "some";
  for (int n = 1; !failed.empty(); ++n) {
    ASSERT_LT(n, 40);
    const auto staged = Stage("b");
    Upload upload;
    {
      const FailNthCall fault(n, EIO);
      controller_->Publish(staged, "net", 2,
                           VersionDoneOf(upload.outcome, &upload.version));
      (void)ControllerOnGround::Await(upload.outcome);
      failed = fault.failed();
    }
    SCOPED_TRACE(absl::StrCat(n, ": ", failed));
    EXPECT_EQ(HasVersion("net", 2), upload.version.ok());
    EXPECT_EQ(IsReady("net", 2), upload.version.ok());
    if (upload.version.ok()) {
      ASSERT_TRUE(Delete("net", 2).ok());
    }
    EXPECT_TRUE(Load("net").ok());  // where version 2 was ready it is gone
    EXPECT_EQ(Served("net"), "1a");
    EXPECT_THAT(ModelFiles(), ElementsAre("net/1/model.pt"));
  }
  EXPECT_GT(ground_.begun("net 2b"), 0);
}

}  // namespace
}  // namespace sconce
