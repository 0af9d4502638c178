// ModelStreamInfer over a real connection, with models that the test controls.
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/inference_stream.h"
#include "tests/support/test_front_end.h"
#include "tests/support/wire_messages.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;

// As many as a stream may have unanswered.
constexpr int kMost = 64;

std::vector<InferTask*> TakeAll(TestFrontEnd* server, int count) {
  std::vector<InferTask*> tasks;
  for (int i = 0; i < count; ++i) tasks.push_back(server->held()->Take());
  return tasks;
}

// A few unary calls on the connection of the streams. What a stream's client
// sent before was delivered when they return, if it was to be read at all.
void WaitForOthers(TestFrontEnd* server) {
  for (int i = 0; i < 5; ++i) {
    grpc::ClientContext context;
    inference::ModelInferResponse response;
    ASSERT_TRUE(server->stub()
                    ->ModelInfer(&context, TestFrontEnd::Request("echo", "a"),
                                 &response)
                    .ok());
  }
}

TEST(StreamInferCallTest, AnswersEachRequestUntilTheClientSendsNoMore) {
  TestFrontEnd server;
  InferenceStream stream(server.stub());
  for (const char* bytes : {"a", "b", "c"}) {
    ASSERT_TRUE(stream.Send("echo", bytes));
    const auto answer = stream.Read();
    EXPECT_EQ(answer.error_message(), "");
    EXPECT_EQ(answer.infer_response().id(), bytes);
    EXPECT_EQ(answer.infer_response().model_name(), "echo");
    EXPECT_EQ(answer.infer_response().model_version(), "1");
    EXPECT_EQ(answer.infer_response().outputs(0).name(), "y");
    EXPECT_EQ(answer.infer_response().raw_output_contents(0), bytes);
  }
  stream.SendNoMore();
  EXPECT_EQ(stream.ReadBytes(), "no answer");
  EXPECT_TRUE(stream.Finish().ok());
}

TEST(StreamInferCallTest, AStreamWithoutRequestsEndsWell) {
  TestFrontEnd server;
  for (int i = 0; i < 3; ++i) {
    InferenceStream stream(server.stub());
    stream.SendNoMore();
    EXPECT_TRUE(stream.Finish().ok());
  }
}

TEST(StreamInferCallTest, AnswersComeInTheOrderOfTheRequests) {
  TestFrontEnd server;
  InferenceStream stream(server.stub());
  for (const char* bytes : {"a", "b", "c", "d"}) stream.Send("held", bytes);
  stream.Send("echo", "e");
  std::vector<InferTask*> tasks = TakeAll(&server, 4);
  std::reverse(tasks.begin(), tasks.end());
  for (InferTask* task : tasks) Echo(task);
  for (const char* bytes : {"a", "b", "c", "d", "e"}) {
    EXPECT_EQ(stream.ReadBytes(), bytes);
  }
}

TEST(StreamInferCallTest, RequestsReachTheModelInTheirOrder) {
  TestFrontEnd server;
  InferenceStream stream(server.stub());
  for (int i = 0; i < 20; ++i) stream.Send("held", std::to_string(i));
  for (int i = 0; i < 20; ++i) {
    InferTask* const task = server.held()->Take();
    std::string bytes(task->inputs[0].bytes.size(), ' ');
    task->inputs[0].bytes.CopyTo(bytes.data());
    EXPECT_EQ(bytes, std::to_string(i));
    Echo(task);
  }
}

TEST(StreamInferCallTest, AFailedRequestIsAnAnswerLikeAnyOther) {
  TestFrontEnd server;
  InferenceStream stream(server.stub());
  stream.Send("echo", "a");
  stream.Send("nobody", "b");
  stream.Send("held", "c");
  stream.Send("echo", "d");
  server.held()->Take()->Finish(absl::InternalError("the model's own"));
  EXPECT_EQ(stream.ReadBytes(), "a");
  const auto unknown = stream.Read();
  EXPECT_THAT(unknown.error_message(), HasSubstr("'nobody'"));
  EXPECT_EQ(unknown.infer_response().id(), "b");
  EXPECT_EQ(unknown.infer_response().model_name(), "nobody");
  EXPECT_EQ(stream.ReadBytes(), "the model's own");
  EXPECT_EQ(stream.ReadBytes(), "d");
  stream.SendNoMore();
  EXPECT_TRUE(stream.Finish().ok());
}

TEST(StreamInferCallTest, AskedToItEndsWithTheFirstErrorsStatus) {
  TestFrontEnd server;
  InferenceStream stream(server.stub(), /*grpc_errors=*/true);
  stream.Send("held", "a");
  stream.Send("nobody", "b");
  stream.Send("held", "c");
  const std::vector<InferTask*> tasks = TakeAll(&server, 2);
  EXPECT_FALSE(tasks[1]->IsCancelled());
  Echo(tasks[0]);
  EXPECT_EQ(stream.ReadBytes(), "a");
  EXPECT_EQ(stream.ReadBytes(), "no answer");
  const grpc::Status status = stream.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("'nobody'"));
  EXPECT_TRUE(tasks[1]->IsCancelled());
  tasks[1]->Finish(absl::CancelledError("too late"));
}

TEST(StreamInferCallTest, MarksTheFinalResponseWhenAsked) {
  TestFrontEnd server;
  InferenceStream stream(server.stub());
  for (const bool asked : {true, false}) {
    auto request = TestFrontEnd::Request("echo", "a");
    (*request.mutable_parameters())["triton_enable_empty_final_response"]
        .set_bool_param(asked);
    stream.Send(request);
    const auto answer = stream.Read();
    const auto& parameters = answer.infer_response().parameters();
    ASSERT_EQ(parameters.contains("triton_final_response"), asked);
    if (asked) {
      EXPECT_TRUE(parameters.at("triton_final_response").bool_param());
    }
  }
}

TEST(StreamInferCallTest, CarriesLargeTensorsBothWays) {
  TestFrontEnd server;
  const std::string bytes(5 << 20, 'x');
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  auto stub =
      inference::GRPCInferenceService::NewStub(grpc::CreateCustomChannel(
          server.address(), grpc::InsecureChannelCredentials(), arguments));
  InferenceStream stream(stub.get());
  for (int i = 0; i < 3; ++i) {
    stream.Send(TestFrontEnd::Request("echo", bytes));
    EXPECT_TRUE(stream.ReadBytes() == bytes);
  }
}

TEST(StreamInferCallTest, ReadsNoMoreThanItMayHaveUnanswered) {
  TestFrontEnd server;
  InferenceStream stream(server.stub());
  for (int i = 0; i < kMost + 2; ++i) stream.Send("held", std::to_string(i));
  std::vector<InferTask*> tasks = TakeAll(&server, kMost);
  WaitForOthers(&server);
  EXPECT_TRUE(server.held()->empty());
  // The last one waits for its turn and makes no room; the first one does.
  Echo(tasks.back());
  WaitForOthers(&server);
  EXPECT_TRUE(server.held()->empty());
  Echo(tasks.front());
  tasks.back() = server.held()->Take();
  WaitForOthers(&server);
  EXPECT_TRUE(server.held()->empty());
  for (size_t i = 1; i < tasks.size(); ++i) Echo(tasks[i]);
  Echo(server.held()->Take());
  for (int i = 0; i < kMost + 2; ++i) {
    EXPECT_EQ(stream.ReadBytes(), std::to_string(i));
  }
}

TEST(StreamInferCallTest, AHalfClosedStreamGetsItsRemainingAnswers) {
  TestFrontEnd server;
  InferenceStream stream(server.stub());
  stream.Send("held", "a");
  stream.Send("held", "b");
  stream.SendNoMore();
  for (InferTask* task : TakeAll(&server, 2)) Echo(task);
  EXPECT_EQ(stream.ReadBytes(), "a");
  EXPECT_EQ(stream.ReadBytes(), "b");
  EXPECT_EQ(stream.ReadBytes(), "no answer");
  EXPECT_TRUE(stream.Finish().ok());
}

TEST(StreamInferCallTest, TasksLearnOfACancellation) {
  TestFrontEnd server;
  InferenceStream stream(server.stub());
  stream.Send("held", "a");
  stream.Send("held", "b");
  const std::vector<InferTask*> tasks = TakeAll(&server, 2);
  for (const InferTask* task : tasks) EXPECT_FALSE(task->IsCancelled());
  stream.Cancel();
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::CANCELLED);
  for (InferTask* task : tasks) {
    while (!task->IsCancelled()) std::this_thread::yield();
  }
  Echo(tasks[1]);
  tasks[0]->Finish(absl::CancelledError("gone"));
  // The server's end waits for the stream's: a leak would be a hang.
}

TEST(StreamInferCallTest, AStreamThatPausedCanBeCancelled) {
  TestFrontEnd server;
  InferenceStream stream(server.stub());
  for (int i = 0; i < kMost + 2; ++i) stream.Send("held", "a");
  const std::vector<InferTask*> tasks = TakeAll(&server, kMost);
  stream.Cancel();
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::CANCELLED);
  while (!tasks[0]->IsCancelled()) std::this_thread::yield();
  for (InferTask* task : tasks) Echo(task);
}

TEST(StreamInferCallTest, AClientThatLeavesIsACancellation) {
  TestFrontEnd server;
  auto channel =
      grpc::CreateChannel(server.address(), grpc::InsecureChannelCredentials());
  auto stub = inference::GRPCInferenceService::NewStub(channel);
  auto stream = std::make_unique<InferenceStream>(stub.get());
  stream->Send("held", "a");
  InferTask* const task = server.held()->Take();
  stream->Cancel();
  stream.reset();
  while (!task->IsCancelled()) std::this_thread::yield();
  Echo(task);
}

// A stream that sends plain bytes; waits for each step.
class RawStream {
 public:
  explicit RawStream(TestFrontEnd* server) : stub_(server->channel()) {
    stream_ = stub_.PrepareCall(
        &context_, "/inference.GRPCInferenceService/ModelStreamInfer", &queue_);
    stream_->StartCall(nullptr);
    Next();
  }

  inference::ModelStreamInferResponse Ask(const std::string& bytes) {
    stream_->Write(MakeBuffer(bytes), nullptr);
    Next();
    grpc::ByteBuffer answer;
    stream_->Read(&answer, nullptr);
    Next();
    inference::ModelStreamInferResponse response;
    EXPECT_TRUE(response.ParseFromString(BytesOf(answer)));
    return response;
  }

 private:
  void Next() {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue_.Next(&tag, &ok) && ok);
  }

  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
};

TEST(StreamInferCallTest, AMalformedMessageIsRefusedWithinTheStream) {
  TestFrontEnd server;
  RawStream stream(&server);
  // The last one is a request whose id is no UTF-8.
  for (const std::string bytes :
       {"\xff\xff\xff\xff", "\x0a\x7f", "\x3a\xff\x01", "\x1a\x01\xff"}) {
    const auto answer = stream.Ask(bytes);
    EXPECT_THAT(answer.error_message(), HasSubstr("no valid ModelInferReq"));
    EXPECT_EQ(answer.infer_response().id(), "");
  }
  const auto good =
      stream.Ask(TestFrontEnd::Request("echo", "a").SerializeAsString());
  EXPECT_EQ(good.infer_response().raw_output_contents(0), "a");
}

// Echoes what reaches the model "held", in a thread of its own, until a request
// "stop" comes, which it echoes as well.
class HeldModel {
 public:
  explicit HeldModel(TaskBox* box) : thread_([box] { Run(box); }) {}
  ~HeldModel() { thread_.join(); }

 private:
  static void Run(TaskBox* box) {
    bool stop = false;
    while (!stop) {
      InferTask* const task = box->Take();
      stop = task->inputs[0].bytes.size() == 4;
      Echo(task);
    }
  }

  std::thread thread_;
};

// Sends `count` requests to alternating models and checks the answers, some of
// them in time and some later. Returns the number of wrong ones.
int RunStream(InferenceStream::Stub* stub, int count) {
  InferenceStream stream(stub);
  int wrong = 0;
  int read = 0;
  const auto check = [&] {
    if (stream.ReadBytes() != absl::StrCat("request ", read)) ++wrong;
    ++read;
  };
  for (int sent = 0; sent < count; ++sent) {
    stream.Send(sent % 3 == 0 ? "echo" : "held",
                absl::StrCat("request ", sent));
    if (sent - read > 30) check();
  }
  stream.SendNoMore();
  while (read < count) check();
  return wrong + (stream.Finish().ok() ? 0 : 1);
}

TEST(StreamInferCallTest, WorksWithSeveralQueuesThreadsAndLanes) {
  GrpcServer::Options options;
  options.queues = 2;
  options.threads_per_queue = 2;
  TestFrontEnd server(options);
  {
    const HeldModel first(server.held());
    const HeldModel second(server.held());
    std::atomic<int> wrong = 0;
    std::vector<std::thread> clients;
    for (int c = 0; c < 4; ++c) {
      clients.emplace_back([&] {
        for (int i = 0; i < 5; ++i) wrong += RunStream(server.stub(), 100);
      });
    }
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(wrong, 0);
    InferenceStream stop(server.stub());
    for (int i = 0; i < 2; ++i) stop.Send("held", "stop");
    for (int i = 0; i < 2; ++i) EXPECT_EQ(stop.ReadBytes(), "stop");
  }
}

TEST(StreamInferCallTest, StreamsMayBeCancelledAtAnyMoment) {
  GrpcServer::Options options;
  options.threads_per_queue = 2;
  TestFrontEnd server(options);
  {
    const HeldModel model(server.held());
    for (int i = 0; i < 60; ++i) {
      InferenceStream stream(server.stub());
      for (int j = 0; j < i % 7; ++j) stream.Send("held", "a request");
      for (int j = 0; j < i % 5 && j < i % 7; ++j) stream.Read();
      stream.Cancel();
    }
    InferenceStream stop(server.stub());
    stop.Send("held", "stop");
    EXPECT_EQ(stop.ReadBytes(), "stop");
  }
}

}  // namespace
}  // namespace sconce
