#include "sconce/infer_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "client/cpp/src/mutex.h"
#include "sconce/client.h"
#include "tests/support/fake_inference_server.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Request = FakeInferenceServer::Request;
using Stream = FakeInferenceServer::Stream;

Client ClientOf(const FakeInferenceServer& server) {
  return *Client::Create(server.address());
}

InferRequest RequestWithId(const std::string& id, const char* model = "net") {
  static const std::vector<int32_t> x(5000, 7);
  InferRequest request(model);
  request.AddInput("x", TensorView::Of(x, {5000})).SetId(id);
  return request;
}

// Accepts requests and never answers; ends when the client does.
grpc::Status Swallow(grpc::ServerContext*, Stream* stream) {
  Request request;
  while (stream->Read(&request)) {
  }
  return grpc::Status::OK;
}

TEST(InferStreamTest, AnswersComeInTheOrderOfTheRequests) {
  FakeInferenceServer server;
  Client client = ClientOf(server);
  InferStream stream = client.StartStream();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(stream.Send(RequestWithId(absl::StrCat(i))).ok());
  }
  stream.CloseSend();
  for (int i = 0; i < 20; ++i) {
    const auto result = stream.Receive();
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->id(), absl::StrCat(i));
    EXPECT_EQ(result->Output("y")->Values<int32_t>()->size(), 5000);
  }
  EXPECT_FALSE(stream.ended());
  EXPECT_EQ(stream.Receive().status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(stream.ended());
  EXPECT_EQ(stream.Receive().status().code(), absl::StatusCode::kOutOfRange);
}

TEST(InferStreamTest, GoesOnAfterARequestThatFailed) {
  FakeInferenceServer server;
  Client client = ClientOf(server);
  InferStream stream = client.StartStream();
  ASSERT_TRUE(stream.Send(RequestWithId("1", "refusing")).ok());
  const auto refused = stream.Receive();
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnknown);
  EXPECT_THAT(refused.status().message(), HasSubstr("the model refused"));
  EXPECT_FALSE(stream.ended());
  ASSERT_TRUE(stream.Send(RequestWithId("2")).ok());
  EXPECT_EQ(stream.Receive()->id(), "2");
}

TEST(InferStreamTest, TakesNothingAfterCloseSend) {
  FakeInferenceServer server;
  Client client = ClientOf(server);
  InferStream stream = client.StartStream();
  stream.CloseSend();
  EXPECT_EQ(stream.Send(RequestWithId("1")).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(InferStreamTest, CallbacksGetAnswersAndTheEnd) {
  FakeInferenceServer server;
  Client client = ClientOf(server);
  Notification over;
  std::vector<std::string> ids;
  absl::Status end = absl::UnknownError("not over");
  StreamCallbacks callbacks;
  callbacks.on_answer = [&](absl::StatusOr<InferResult> result) {
    ids.push_back(result->id());
  };
  callbacks.on_end = [&](absl::Status status) {
    end = std::move(status);
    over.Notify();
  };
  InferStream stream = client.StartStream({}, std::move(callbacks));
  ASSERT_TRUE(stream.Send(RequestWithId("a")).ok());
  ASSERT_TRUE(stream.Send(RequestWithId("b")).ok());
  stream.CloseSend();
  over.Wait();
  EXPECT_TRUE(end.ok()) << end;
  EXPECT_THAT(ids, ElementsAre("a", "b"));
}

TEST(InferStreamTest, TellsWhyTheServerEndedIt) {
  FakeInferenceServer server({}, [](grpc::ServerContext*, Stream*) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such model");
  });
  Client client = ClientOf(server);
  InferStream stream = client.StartStream();
  const auto end = stream.Receive();
  EXPECT_EQ(end.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(end.status().message(), HasSubstr(server.address()));
  EXPECT_EQ(stream.Send(RequestWithId("1")).code(),
            absl::StatusCode::kNotFound);
}

TEST(InferStreamTest, NobodyThereIsUnavailable) {
  Client client = *Client::Create("127.0.0.1:1");
  InferStream stream = client.StartStream();
  EXPECT_EQ(stream.Receive().status().code(), absl::StatusCode::kUnavailable);
}

TEST(InferStreamTest, CanBeCancelled) {
  FakeInferenceServer server({}, Swallow);
  Client client = ClientOf(server);
  InferStream stream = client.StartStream();
  ASSERT_TRUE(stream.Send(RequestWithId("1")).ok());
  stream.Cancel();
  EXPECT_EQ(stream.Receive().status().code(), absl::StatusCode::kCancelled);
}

TEST(InferStreamTest, ACancellationEndsIt) {
  FakeInferenceServer server({}, Swallow);
  Client client = ClientOf(server);
  CallOptions options;
  options.cancellation.emplace();
  InferStream stream = client.StartStream(options);
  options.cancellation->Cancel();
  EXPECT_EQ(stream.Receive().status().code(), absl::StatusCode::kCancelled);
}

TEST(InferStreamTest, ATimeoutEndsIt) {
  FakeInferenceServer server({}, Swallow);
  Client client = ClientOf(server);
  CallOptions options;
  options.timeout = absl::Milliseconds(50);
  InferStream stream = client.StartStream(options);
  EXPECT_EQ(stream.Receive().status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(InferStreamTest, TheDestructorCancels) {
  FakeInferenceServer server({}, Swallow);
  Client client = ClientOf(server);
  InferStream stream = client.StartStream();
  ASSERT_TRUE(stream.Send(RequestWithId("1")).ok());
}

TEST(InferStreamTest, OutlivesItsClientAsCancelled) {
  FakeInferenceServer server({}, Swallow);
  auto client = std::make_unique<Client>(ClientOf(server));
  InferStream stream = client->StartStream();
  client.reset();
  EXPECT_EQ(stream.Receive().status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(stream.Send(RequestWithId("1")).code(),
            absl::StatusCode::kCancelled);
}

// Answers each request with its sequence parameters as the id.
grpc::Status TellSequence(grpc::ServerContext*, Stream* stream) {
  Request request;
  bool first = true;
  while (stream->Read(&request)) {
    const auto& parameters = request.parameters();
    FakeInferenceServer::StreamResponse response;
    response.mutable_infer_response()->set_id(
        absl::StrCat(parameters.at("sequence_id").uint64_param(), " ",
                     parameters.at("sequence_start").bool_param(), " ",
                     parameters.at("sequence_end").bool_param()));
    if (first && request.id() == "fail") response.set_error_message("no");
    first = false;
    stream->Write(response);
  }
  return grpc::Status::OK;
}

TEST(SequenceTest, MarksItsFirstAndLastStep) {
  FakeInferenceServer server({}, TellSequence);
  Client client = ClientOf(server);
  Sequence sequence = client.StartSequence();
  const std::string id = absl::StrCat(sequence.id());
  EXPECT_EQ(sequence.Infer(RequestWithId("1"))->id(), id + " 1 0");
  EXPECT_EQ(sequence.Infer(RequestWithId("2"))->id(), id + " 0 0");
  EXPECT_EQ(sequence.Infer(RequestWithId("3"), true)->id(), id + " 0 1");
}

TEST(SequenceTest, AFirstStepThatFailedCanBeSentAgain) {
  FakeInferenceServer server({}, TellSequence);
  Client client = ClientOf(server);
  Sequence sequence = client.StartSequence();
  const std::string id = absl::StrCat(sequence.id());
  EXPECT_FALSE(sequence.Infer(RequestWithId("fail")).ok());
  EXPECT_EQ(sequence.Infer(RequestWithId("1"))->id(), id + " 1 0");
}

TEST(SequenceTest, IdsDiffer) {
  FakeInferenceServer server;
  Client client = ClientOf(server);
  EXPECT_NE(client.StartSequence().id(), client.StartSequence().id());
}

}  // namespace
}  // namespace sconce
