// ModelInfer over a real connection, with models that the test controls.
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/test_front_end.h"
#include "tests/support/wire_messages.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;

TEST(InferCallTest, AnswersWithTheModelsOutput) {
  TestFrontEnd server;
  grpc::ClientContext context;
  inference::ModelInferResponse response;
  auto request = TestFrontEnd::Request("echo", "abc");
  request.set_id("17");
  ASSERT_TRUE(server.stub()->ModelInfer(&context, request, &response).ok());
  EXPECT_EQ(response.id(), "17");
  EXPECT_EQ(response.model_version(), "1");
  ASSERT_EQ(response.raw_output_contents_size(), 1);
  EXPECT_EQ(response.raw_output_contents(0), "abc");
}

TEST(InferCallTest, CarriesLargeTensorsBothWays) {
  TestFrontEnd server;
  std::string bytes(5 << 20, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(i * 31 >> 7);
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  auto stub =
      inference::GRPCInferenceService::NewStub(grpc::CreateCustomChannel(
          server.address(), grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  inference::ModelInferResponse response;
  ASSERT_TRUE(stub->ModelInfer(&context, TestFrontEnd::Request("echo", bytes),
                               &response)
                  .ok());
  EXPECT_TRUE(response.raw_output_contents(0) == bytes);
}

TEST(InferCallTest, ManyClientsGetTheirOwnAnswers) {
  TestFrontEnd server;
  std::vector<std::thread> clients;
  std::atomic<int> wrong = 0;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&, c] {
      auto stub = inference::GRPCInferenceService::NewStub(server.channel());
      for (int i = 0; i < 300; ++i) {
        const std::string bytes = absl::StrCat(c, ":", i);
        grpc::ClientContext context;
        inference::ModelInferResponse response;
        const auto status = stub->ModelInfer(
            &context, TestFrontEnd::Request("echo", bytes), &response);
        if (!status.ok() || response.raw_output_contents(0) != bytes) ++wrong;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(wrong, 0);
}

// Answers what reached the model "held", on the thread that received it.
class EchoingWork : public RunToCompletion {
 public:
  void Use(TaskBox* box) { box_ = box; }
  void JoinThread() override { ++joined; }
  bool HasWork() const override {
    return box_ != nullptr && !box_.load()->empty();
  }
  void RunWork() override {
    while (HasWork()) Echo(box_.load()->Take());
  }
  std::atomic<int> joined = 0;

 private:
  std::atomic<TaskBox*> box_ = nullptr;
};

TEST(InferCallTest, AQueuesThreadRunsTheWorkThatItWasHanded) {
  EchoingWork work;
  GrpcServer::Options options;
  options.work = &work;
  TestFrontEnd server(options);
  work.Use(server.held());
  for (int i = 0; i < 100; ++i) {
    const std::string bytes = absl::StrCat("request ", i);
    grpc::ClientContext context;
    inference::ModelInferResponse response;
    const auto status = server.stub()->ModelInfer(
        &context, TestFrontEnd::Request("held", bytes), &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.raw_output_contents(0), bytes);
  }
  EXPECT_EQ(work.joined, 1);
}

TEST(InferCallTest, ErrorsOfAModelReachTheClient) {
  TestFrontEnd server;
  std::thread model([&] {
    server.held()->Take()->Finish(absl::InvalidArgumentError("not like this"));
  });
  grpc::ClientContext context;
  inference::ModelInferResponse response;
  const auto status = server.stub()->ModelInfer(
      &context, TestFrontEnd::Request("held", "a"), &response);
  model.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "not like this");
}

TEST(InferCallTest, TheTaskLearnsOfACancellation) {
  TestFrontEnd server;
  grpc::ClientContext context;
  inference::ModelInferResponse response;
  auto call = std::async(std::launch::async, [&] {
    return server.stub()->ModelInfer(
        &context, TestFrontEnd::Request("held", "a"), &response);
  });
  InferTask* const task = server.held()->Take();
  EXPECT_FALSE(task->IsCancelled());
  context.TryCancel();
  EXPECT_EQ(call.get().error_code(), grpc::StatusCode::CANCELLED);
  while (!task->IsCancelled()) std::this_thread::yield();
  task->Finish(absl::CancelledError("gone"));
}

TEST(InferCallTest, TheTaskKnowsItsDeadline) {
  TestFrontEnd server;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(100));
  inference::ModelInferResponse response;
  auto call = std::async(std::launch::async, [&] {
    return server.stub()->ModelInfer(
        &context, TestFrontEnd::Request("held", "a"), &response);
  });
  InferTask* const task = server.held()->Take();
  const auto left = task->deadline - Clock::Real()->Now();
  EXPECT_GT(left, std::chrono::seconds(50));
  EXPECT_LE(left, std::chrono::seconds(101));
  Echo(task);
  EXPECT_TRUE(call.get().ok());
}

TEST(InferCallTest, NoDeadlineStaysNone) {
  TestFrontEnd server;
  grpc::ClientContext context;
  inference::ModelInferResponse response;
  auto call = std::async(std::launch::async, [&] {
    return server.stub()->ModelInfer(
        &context, TestFrontEnd::Request("held", "a"), &response);
  });
  InferTask* const task = server.held()->Take();
  EXPECT_EQ(task->deadline, kNoDeadline);
  Echo(task);
  EXPECT_TRUE(call.get().ok());
}

// Sends raw bytes as a ModelInfer request.
grpc::Status SendRaw(TestFrontEnd* server, const std::string& bytes) {
  grpc::GenericStub stub(server->channel());
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  auto call = stub.PrepareUnaryCall(
      &context, "/inference.GRPCInferenceService/ModelInfer", MakeBuffer(bytes),
      &queue);
  call->StartCall();
  call->Finish(&response, &status, &queue);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status;
}

TEST(InferCallTest, MalformedMessagesAreRefused) {
  TestFrontEnd server;
  for (const std::string bytes :
       {"\xff\xff\xff\xff", "\x0a\x7f", "\x3a\xff\x01"}) {
    EXPECT_EQ(SendRaw(&server, bytes).error_code(),
              grpc::StatusCode::INVALID_ARGUMENT);
  }
  // And the server goes on.
  const std::string good =
      TestFrontEnd::Request("echo", "a").SerializeAsString();
  EXPECT_TRUE(SendRaw(&server, good).ok());
}

TEST(InferCallTest, UnknownModelAndVersionAreNotFound) {
  TestFrontEnd server;
  auto request = TestFrontEnd::Request("nobody", "a");
  grpc::ClientContext context;
  inference::ModelInferResponse response;
  auto status = server.stub()->ModelInfer(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("'nobody'"));
  request = TestFrontEnd::Request("echo", "a");
  request.set_model_version("99");
  grpc::ClientContext second;
  status = server.stub()->ModelInfer(&second, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("99"));
}

TEST(InferCallTest, MessagesAboveTheLimitAreRefused) {
  GrpcServer::Options options;
  options.max_message_bytes = 10000;
  TestFrontEnd server(options);
  grpc::ClientContext context;
  inference::ModelInferResponse response;
  const auto status = server.stub()->ModelInfer(
      &context, TestFrontEnd::Request("echo", std::string(20000, 'a')),
      &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(InferCallTest, WorksWithSeveralQueuesAndThreads) {
  GrpcServer::Options options;
  options.queues = 3;
  options.threads_per_queue = 2;
  TestFrontEnd server(options);
  for (int i = 0; i < 50; ++i) {
    grpc::ClientContext context;
    inference::ModelInferResponse response;
    ASSERT_TRUE(server.stub()
                    ->ModelInfer(&context, TestFrontEnd::Request("echo", "a"),
                                 &response)
                    .ok());
  }
}

}  // namespace
}  // namespace sconce
