// grpc.health.v1, as probes and load balancers use it.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "health/v1/health.grpc.pb.h"
#include "tests/support/test_front_end.h"

namespace sconce {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr auto kServing = HealthCheckResponse::SERVING;
constexpr auto kNotServing = HealthCheckResponse::NOT_SERVING;

struct Answer {
  grpc::Status status;
  HealthStatus health = HealthCheckResponse::UNKNOWN;
};

Answer Check(TestFrontEnd* server, const std::string& service) {
  auto stub = grpc::health::v1::Health::NewStub(server->channel());
  grpc::ClientContext context;
  HealthCheckRequest request;
  request.set_service(service);
  HealthCheckResponse response;
  Answer answer;
  answer.status = stub->Check(&context, request, &response);
  answer.health = response.status();
  return answer;
}

TEST(HealthTest, NothingServesBeforeItIsSaid) {
  TestFrontEnd server;
  EXPECT_EQ(Check(&server, "").health, kNotServing);
}

TEST(HealthTest, TheProcessServesFromTheBeginning) {
  TestFrontEnd server;
  EXPECT_EQ(Check(&server, kLiveService).health, kServing);
}

TEST(HealthTest, AModelOfTheSameNameDoesNotSpeakForTheProcess) {
  TestFrontEnd server;
  server.grpc()->SetServing(kLiveService, false);
  EXPECT_EQ(Check(&server, kLiveService).health, kServing);
}

TEST(HealthTest, TellsTheServerAndEachModel) {
  TestFrontEnd server;
  server.grpc()->SetServing("", true);
  server.grpc()->SetServing("echo", true);
  server.grpc()->SetServing("held", false);
  EXPECT_EQ(Check(&server, "").health, kServing);
  EXPECT_EQ(Check(&server, "echo").health, kServing);
  EXPECT_EQ(Check(&server, "held").health, kNotServing);
  EXPECT_EQ(Check(&server, "nobody").status.error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST(HealthTest, TheProcessServesWhenAllElseDoesNotAnyMore) {
  HealthStates states;
  states.Set("", true);
  states.Shutdown();
  EXPECT_EQ(states.Get(""), kNotServing);
  EXPECT_EQ(states.Get(kLiveService), kServing);
}

// Reads the next state of a Watch.
HealthStatus Next(grpc::ClientReader<HealthCheckResponse>* stream) {
  HealthCheckResponse response;
  EXPECT_TRUE(stream->Read(&response));
  return response.status();
}

TEST(HealthTest, WatchTellsTheStateAndEveryChange) {
  TestFrontEnd server;
  auto stub = grpc::health::v1::Health::NewStub(server.channel());
  grpc::ClientContext context;
  HealthCheckRequest request;
  request.set_service("echo");
  auto stream = stub->Watch(&context, request);
  EXPECT_EQ(Next(stream.get()), HealthCheckResponse::SERVICE_UNKNOWN);
  server.grpc()->SetServing("echo", true);
  EXPECT_EQ(Next(stream.get()), kServing);
  server.grpc()->SetServing("held", true);  // another service: no word of it
  server.grpc()->SetServing("echo", false);
  EXPECT_EQ(Next(stream.get()), kNotServing);
  context.TryCancel();
  HealthCheckResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

// With several threads a stream may end while its start is still handled.
TEST(HealthTest, ManyWatchersComeAndGo) {
  GrpcServer::Options options;
  options.threads_per_queue = 4;
  TestFrontEnd server(options);
  auto stub = grpc::health::v1::Health::NewStub(server.channel());
  for (int i = 0; i < 500; ++i) {
    grpc::ClientContext context;
    auto stream = stub->Watch(&context, HealthCheckRequest());
    if (i % 2 == 0) {
      EXPECT_NE(Next(stream.get()), HealthCheckResponse::UNKNOWN);
    }
    context.TryCancel();
    server.grpc()->SetServing("", i % 3 == 0);
  }
  EXPECT_TRUE(Check(&server, "").status.ok());
}

TEST(HealthTest, WatchersOutliveADrain) {
  GrpcServer::Options options;
  options.max_connection_age = std::chrono::milliseconds(500);
  TestFrontEnd server(options);
  server.grpc()->SetServing("", true);
  auto stub = grpc::health::v1::Health::NewStub(server.channel());
  grpc::ClientContext context;
  auto stream = stub->Watch(&context, HealthCheckRequest());
  ASSERT_EQ(Next(stream.get()), kServing);
  std::thread drain([&] {
    server.grpc()->Drain(Clock::Real()->Now() + std::chrono::seconds(3));
  });
  EXPECT_EQ(Next(stream.get()), kNotServing);
  drain.join();
}

TEST(HealthTest, ADrainEndsServingForGood) {
  GrpcServer::Options options;
  options.max_connection_age = std::chrono::seconds(2);
  TestFrontEnd server(options);
  server.grpc()->SetServing("", true);
  ASSERT_EQ(Check(&server, "").health, kServing);
  std::thread drain([&] {
    server.grpc()->Drain(Clock::Real()->Now() + std::chrono::seconds(300));
  });
  // The connection is still served, and told the truth.
  Answer answer = Check(&server, "");
  while (answer.health == kServing) answer = Check(&server, "");
  EXPECT_TRUE(answer.status.ok());
  EXPECT_EQ(answer.health, kNotServing);
  drain.join();
}

}  // namespace
}  // namespace sconce
