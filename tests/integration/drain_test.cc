// How the front end stops: nothing that arrived is lost.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "tests/support/inference_stream.h"
#include "tests/support/test_front_end.h"

namespace sconce {
namespace {

MonoTime In(std::chrono::seconds seconds) {
  return Clock::Real()->Now() + seconds;
}

// A stub that shares its connection with nobody, and ends it with itself.
std::unique_ptr<inference::GRPCInferenceService::Stub> OwnConnection(
    const TestFrontEnd& server) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return inference::GRPCInferenceService::NewStub(grpc::CreateCustomChannel(
      server.address(), grpc::InsecureChannelCredentials(), arguments));
}

grpc::Status Infer(TestFrontEnd* server, const std::string& model) {
  const auto stub = OwnConnection(*server);
  grpc::ClientContext context;
  inference::ModelInferResponse response;
  return stub->ModelInfer(&context, TestFrontEnd::Request(model, "a"),
                          &response);
}

TEST(DrainTest, EndsAtOnceWithoutConnections) {
  TestFrontEnd server;
  const MonoTime begin = Clock::Real()->Now();
  server.grpc()->Drain(In(std::chrono::seconds(300)));
  EXPECT_LT(Clock::Real()->Now() - begin, std::chrono::seconds(60));
}

TEST(DrainTest, WaitsForACallInFlight) {
  GrpcServer::Options options;
  options.max_connection_age = std::chrono::milliseconds(200);
  TestFrontEnd server(options);
  auto call =
      std::async(std::launch::async, [&] { return Infer(&server, "held"); });
  InferTask* const task = server.held()->Take();
  auto drain = std::async(std::launch::async, [&] {
    server.grpc()->Drain(In(std::chrono::seconds(300)));
  });
  // The door closes while the call is still held.
  while (Infer(&server, "echo").ok()) std::this_thread::yield();
  EXPECT_EQ(drain.wait_for(std::chrono::seconds(0)),
            std::future_status::timeout);
  Echo(task);
  EXPECT_TRUE(call.get().ok());
  drain.get();
}

TEST(DrainTest, ServesLateRequestsWhileConnectionsMove) {
  GrpcServer::Options options;
  options.max_connection_age = std::chrono::milliseconds(500);
  TestFrontEnd server(options);
  ASSERT_TRUE(Infer(&server, "echo").ok());
  grpc::ClientContext first;
  inference::ModelInferResponse response;
  const auto request = TestFrontEnd::Request("echo", "a");
  ASSERT_TRUE(server.stub()->ModelInfer(&first, request, &response).ok());
  auto drain = std::async(std::launch::async, [&] {
    server.grpc()->Drain(In(std::chrono::seconds(300)));
  });
  // On the open connection requests are answered until it is told to go; then
  // the port is closed and the client knows it: UNAVAILABLE, never CANCELLED.
  grpc::Status status;
  do {
    grpc::ClientContext context;
    status = server.stub()->ModelInfer(&context, request, &response);
  } while (status.ok());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  drain.get();
}

TEST(DrainTest, EndsAtTheDeadlineWithCallsInFlight) {
  GrpcServer::Options options;
  options.max_connection_age = MonoDuration::zero();
  TestFrontEnd server(options);
  auto call =
      std::async(std::launch::async, [&] { return Infer(&server, "held"); });
  InferTask* const task = server.held()->Take();
  std::thread model([&] {
    // The call is cancelled when the deadline is over; only then it is
    // answered, as a lane that was busy all the time would.
    while (!task->IsCancelled()) std::this_thread::yield();
    task->Finish(absl::CancelledError("stopped"));
  });
  server.grpc()->Drain(Clock::Real()->Now());
  EXPECT_FALSE(call.get().ok());
  model.join();
}

// Connections are not told to go here: it is the streams' end alone that lets
// the client leave.
GrpcServer::Options WithoutAge() {
  GrpcServer::Options options;
  options.max_connection_age = MonoDuration::zero();
  return options;
}

void ExpectDraining(InferenceStream* stream) {
  EXPECT_EQ(stream->ReadBytes(), "no answer");
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_NE(status.error_message().find("draining"), std::string::npos);
}

TEST(DrainTest, EndsIdleStreamsAndThoseThatComeLater) {
  TestFrontEnd server(WithoutAge());
  std::future<void> drain;
  {
    const auto stub = OwnConnection(server);
    InferenceStream stream(stub.get());
    stream.Send("echo", "a");
    EXPECT_EQ(stream.ReadBytes(), "a");
    drain = std::async(std::launch::async, [&] {
      server.grpc()->Drain(In(std::chrono::seconds(300)));
    });
    ExpectDraining(&stream);
    InferenceStream late(stub.get());
    ExpectDraining(&late);
  }
  drain.get();
}

TEST(DrainTest, AStreamIsAnsweredWhatWasReadBeforeItEnds) {
  TestFrontEnd server(WithoutAge());
  std::future<void> drain;
  {
    const auto stub = OwnConnection(server);
    InferenceStream stream(stub.get());
    stream.Send("held", "a");
    stream.Send("held", "b");
    InferTask* const first = server.held()->Take();
    InferTask* const second = server.held()->Take();
    drain = std::async(std::launch::async, [&] {
      server.grpc()->Drain(In(std::chrono::seconds(300)));
    });
    // The door closes, and then the streams are told.
    while (Infer(&server, "echo").ok()) std::this_thread::yield();
    Echo(first);
    EXPECT_EQ(stream.ReadBytes(), "a");
    EXPECT_EQ(drain.wait_for(std::chrono::seconds(0)),
              std::future_status::timeout);
    Echo(second);
    EXPECT_EQ(stream.ReadBytes(), "b");
    ExpectDraining(&stream);
  }
  drain.get();
}

TEST(DrainTest, EndsAtTheDeadlineWithAStreamThatIsBusy) {
  TestFrontEnd server(WithoutAge());
  InferenceStream stream(server.stub());
  stream.Send("held", "a");
  InferTask* const task = server.held()->Take();
  std::thread model([&] {
    while (!task->IsCancelled()) std::this_thread::yield();
    task->Finish(absl::CancelledError("stopped"));
  });
  server.grpc()->Drain(Clock::Real()->Now());
  EXPECT_FALSE(stream.Finish().ok());
  model.join();
}

}  // namespace
}  // namespace sconce
