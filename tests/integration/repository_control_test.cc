// RepositoryModelLoad and RepositoryModelUnload: answered when the control is
// done, on whatever thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

#include "tests/support/fake_model_control.h"
#include "tests/support/test_front_end.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RepositoryControlTest : public ::testing::Test {
 protected:
  explicit RepositoryControlTest(GrpcServer::Options options = {})
      : server_(options, &control_) {}

  grpc::Status Load(const std::string& model) {
    grpc::ClientContext context;
    return Load(model, &context);
  }
  grpc::Status Load(const std::string& model, grpc::ClientContext* context) {
    inference::RepositoryModelLoadRequest request;
    request.set_model_name(model);
    inference::RepositoryModelLoadResponse response;
    return server_.stub()->RepositoryModelLoad(context, request, &response);
  }
  grpc::Status Unload(const std::string& model) {
    grpc::ClientContext context;
    inference::RepositoryModelUnloadRequest request;
    request.set_model_name(model);
    inference::RepositoryModelUnloadResponse response;
    return server_.stub()->RepositoryModelUnload(&context, request, &response);
  }
  std::future<grpc::Status> LoadLater(const std::string& model) {
    return std::async(std::launch::async,
                      [this, model] { return Load(model); });
  }
  // "name:version:state", in the index's order.
  std::vector<std::string> Index(bool ready) {
    grpc::ClientContext context;
    inference::RepositoryIndexRequest request;
    request.set_ready(ready);
    inference::RepositoryIndexResponse response;
    EXPECT_TRUE(
        server_.stub()->RepositoryIndex(&context, request, &response).ok());
    std::vector<std::string> lines;
    for (const auto& model : response.models()) {
      lines.push_back(absl::StrCat(model.name(), ":", model.version(), ":",
                                   model.state(), ":", model.reason()));
    }
    return lines;
  }

  FakeModelControl control_;
  TestFrontEnd server_;
};

TEST_F(RepositoryControlTest, ALoadIsAnsweredFromAnotherThread) {
  auto load = LoadLater("net");
  auto asked = control_.loads.Take();
  EXPECT_EQ(asked.request.model, "net");
  // The queue's thread is free meanwhile.
  EXPECT_THAT(Index(true), ElementsAre("echo:1:READY:", "held:1:READY:"));
  EXPECT_EQ(load.wait_for(std::chrono::seconds(0)),
            std::future_status::timeout);
  asked.done(absl::OkStatus());
  EXPECT_TRUE(load.get().ok());
}

TEST_F(RepositoryControlTest, ManyLoadsAreAnsweredInAnyOrder) {
  auto first = LoadLater("a");
  auto one = control_.loads.Take();
  auto second = LoadLater("b");
  auto two = control_.loads.Take();
  two.done(absl::OkStatus());
  EXPECT_TRUE(second.get().ok());
  one.done(absl::OkStatus());
  EXPECT_TRUE(first.get().ok());
}

TEST_F(RepositoryControlTest, AFailedLoadHasTheWordsThatClientsLookFor) {
  auto load = LoadLater("net");
  control_.loads.Take().done(absl::InvalidArgumentError("it is an ONNX file"));
  const grpc::Status status = load.get();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "failed to load 'net': it is an ONNX file");
}

TEST_F(RepositoryControlTest, SoHasOneOfAModelThatIsNotThere) {
  auto load = LoadLater("net");
  control_.loads.Take().done(absl::NotFoundError("no repository has it"));
  const grpc::Status status = load.get();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(),
            "failed to load 'net', failed to poll from model repository: no "
            "repository has it");
}

TEST_F(RepositoryControlTest, WhatTheControlDropsIsAnswered) {
  auto load = LoadLater("net");
  { const auto asked = control_.loads.Take(); }
  EXPECT_EQ(load.get().error_code(), grpc::StatusCode::INTERNAL);
}

TEST_F(RepositoryControlTest, BadParametersDoNotReachTheControl) {
  grpc::ClientContext context;
  inference::RepositoryModelLoadRequest request;
  request.set_model_name("net");
  (*request.mutable_parameters())["wrong"].set_bool_param(true);
  inference::RepositoryModelLoadResponse response;
  const grpc::Status status =
      server_.stub()->RepositoryModelLoad(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("unrecognized load parameter"));
}

TEST_F(RepositoryControlTest, AClientThatLeavesChangesNothing) {
  grpc::ClientContext context;
  auto load =
      std::async(std::launch::async, [&] { return Load("net", &context); });
  auto asked = control_.loads.Take();
  context.TryCancel();
  EXPECT_EQ(load.get().error_code(), grpc::StatusCode::CANCELLED);
  asked.done(absl::OkStatus());
  auto again = LoadLater("net");
  control_.loads.Take().done(absl::OkStatus());
  EXPECT_TRUE(again.get().ok());
}

TEST_F(RepositoryControlTest, AShutdownWaitsForTheControl) {
  auto load = LoadLater("net");
  auto asked = control_.loads.Take();
  auto drain = std::async(std::launch::async,
                          [&] { server_.grpc()->Drain(Clock::Real()->Now()); });
  // The call is cancelled at the deadline, but not gone.
  EXPECT_FALSE(load.get().ok());
  EXPECT_EQ(drain.wait_for(std::chrono::seconds(0)),
            std::future_status::timeout);
  asked.done(absl::OkStatus());
  drain.get();
}

TEST_F(RepositoryControlTest, AnUnloadTellsWhatTheControlSays) {
  EXPECT_TRUE(Unload("net").ok());
  EXPECT_EQ(control_.last().model, "net");
  EXPECT_TRUE(control_.last().versions.empty());
  control_.status = absl::FailedPreconditionError("see the flag");
  const grpc::Status status = Unload("net");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(status.error_message(), "failed to unload 'net': see the flag");
}

TEST_F(RepositoryControlTest, TheIndexListsModelsThatAreNotLoaded) {
  control_.models = {{"a", {1}}, {"echo", {1}}, {"f", {1, 2}}, {"z", {1}}};
  EXPECT_THAT(Index(false),
              ElementsAre("a::UNAVAILABLE:unloaded",
                          "echo:1:READY:", "f::UNAVAILABLE:unloaded",
                          "held:1:READY:", "z::UNAVAILABLE:unloaded"));
  EXPECT_THAT(Index(true), ElementsAre("echo:1:READY:", "held:1:READY:"));
}

class ThreadedControlTest : public RepositoryControlTest {
 protected:
  ThreadedControlTest() : RepositoryControlTest(Threaded()) {}
  static GrpcServer::Options Threaded() {
    GrpcServer::Options options;
    options.threads_per_queue = 4;
    return options;
  }
};

// Answers before, while and after the handler returns.
TEST_F(ThreadedControlTest, AnswersRaceWithTheHandlersReturn) {
  std::thread control([this] {
    for (int i = 0; i < 400; ++i) control_.loads.Take().done(absl::OkStatus());
  });
  std::vector<std::future<bool>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::async(std::launch::async, [this] {
      bool all = true;
      for (int j = 0; j < 100; ++j) all = Load("net").ok() && all;
      return all;
    }));
  }
  for (auto& client : clients) EXPECT_TRUE(client.get());
  control.join();
}

}  // namespace
}  // namespace sconce
