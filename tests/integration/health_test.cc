// grpc.health.v1, as probes and load balancers use it.
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "tests/support/test_front_end.h"
#include "tests/support/wire_messages.h"

namespace sconce {
namespace {

// The health messages are one field each; written and read by hand, because
// Debian's gRPC installs no generated code for them.
std::string CheckRequest(const std::string& service) {
  if (service.empty()) return "";
  return std::string("\x0a") + static_cast<char>(service.size()) + service;
}

constexpr char kServing[] = "\x08\x01";
constexpr char kNotServing[] = "\x08\x02";

struct Answer {
  grpc::Status status;
  std::string bytes;
};

Answer Check(TestFrontEnd* server, const std::string& service) {
  grpc::GenericStub stub(server->channel());
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  Answer answer;
  auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check",
                                    MakeBuffer(CheckRequest(service)), &queue);
  call->StartCall();
  call->Finish(&response, &answer.status, &queue);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (answer.status.ok()) answer.bytes = BytesOf(response);
  return answer;
}

TEST(HealthTest, NothingServesBeforeItIsSaid) {
  TestFrontEnd server;
  EXPECT_EQ(Check(&server, "").bytes, kNotServing);
}

TEST(HealthTest, TellsTheServerAndEachModel) {
  TestFrontEnd server;
  server.grpc()->SetServing("", true);
  server.grpc()->SetServing("echo", true);
  server.grpc()->SetServing("held", false);
  EXPECT_EQ(Check(&server, "").bytes, kServing);
  EXPECT_EQ(Check(&server, "echo").bytes, kServing);
  EXPECT_EQ(Check(&server, "held").bytes, kNotServing);
  EXPECT_EQ(Check(&server, "nobody").status.error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST(HealthTest, ADrainEndsServingForGood) {
  GrpcServer::Options options;
  options.max_connection_age = std::chrono::seconds(2);
  TestFrontEnd server(options);
  server.grpc()->SetServing("", true);
  ASSERT_EQ(Check(&server, "").bytes, kServing);
  std::thread drain([&] {
    server.grpc()->Drain(Clock::Real()->Now() + std::chrono::seconds(300));
  });
  // The connection is still served, and told the truth.
  Answer answer = Check(&server, "");
  while (answer.bytes == kServing) answer = Check(&server, "");
  EXPECT_TRUE(answer.status.ok());
  EXPECT_EQ(answer.bytes, kNotServing);
  drain.join();
}

}  // namespace
}  // namespace sconce
