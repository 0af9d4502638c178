// The management service beside uploads and WatchModels.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "reflection/v1alpha/reflection.grpc.pb.h"
#include "tests/support/test_management.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using namespace management::v1;  // NOLINT

using Stub = TestManagement::Stub;

TEST(ManagementTest, ServerInfoTellsTheLanes) {
  TestManagement server;
  ServerInfoResponse info;
  ASSERT_TRUE(server.Call(&Stub::ServerInfo, {}, &info).ok());
  EXPECT_EQ(info.name(), "test");
  ASSERT_EQ(info.execution_lanes_size(), 1);
  EXPECT_EQ(info.execution_lanes(0).device(), "cpu");
}

TEST(ManagementTest, ReflectionListsWhatThisPortServes) {
  using grpc::reflection::v1alpha::ServerReflection;
  TestManagement server;
  auto stub = ServerReflection::NewStub(server.channel());
  grpc::ClientContext context;
  auto stream = stub->ServerReflectionInfo(&context);
  grpc::reflection::v1alpha::ServerReflectionRequest request;
  grpc::reflection::v1alpha::ServerReflectionResponse list;
  request.set_list_services("");
  ASSERT_TRUE(stream->Write(request) && stream->Read(&list));
  ASSERT_EQ(list.list_services_response().service_size(), 2);
  EXPECT_EQ(list.list_services_response().service(0).name(),
            "sconce.management.v1.Management");
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST(ManagementTest, ListsModelsLoadedOrNot) {
  TestManagement server;
  server.control()->models = {{"idle", {3}}, {"net", {1, 2}}};
  server.control()->routes["net"] = {{{"stable", 1}}, {{1, 1}}};
  ListModelsResponse list;
  ASSERT_TRUE(server.Call(&Stub::ListModels, {}, &list).ok());
  ASSERT_EQ(list.models_size(), 2);
  EXPECT_EQ(list.models(0).name(), "idle");
  EXPECT_EQ(list.models(0).versions(0).reason(), "unloaded");
  const ModelSummary& net = list.models(1);
  ASSERT_EQ(net.versions_size(), 2);
  EXPECT_EQ(net.versions(0).state(), "READY");
  EXPECT_EQ(net.versions(1).state(), "UNAVAILABLE");
  EXPECT_EQ(net.aliases().at("stable"), 1);
  EXPECT_EQ(net.traffic(0).version(), 1);
}

TEST(ManagementTest, ALoadEndsWhenTheControlIsDone) {
  TestManagement server;
  auto load = std::async(std::launch::async, [&] {
    LoadModelRequest request;
    request.set_name("net");
    request.add_versions(2);
    LoadModelResponse response;
    return server.Call(&Stub::LoadModel, request, &response);
  });
  auto asked = server.control()->loads.Take();
  EXPECT_EQ(asked.request.model, "net");
  EXPECT_THAT(asked.request.versions, ElementsAre(2));
  asked.done(absl::InvalidArgumentError("no archive"));
  const grpc::Status status = load.get();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "no archive");
}

TEST(ManagementTest, UnloadsAndDeletesTheVersionsThatAreNamed) {
  TestManagement server;
  UnloadModelRequest unload;
  unload.set_name("net");
  unload.add_versions(1);
  UnloadModelResponse unloaded;
  EXPECT_TRUE(server.Call(&Stub::UnloadModel, unload, &unloaded).ok());
  EXPECT_THAT(server.control()->last().versions, ElementsAre(1));
  DeleteVersionRequest remove;
  remove.set_name("net");
  remove.set_version(2);
  DeleteVersionResponse removed;
  EXPECT_TRUE(server.Call(&Stub::DeleteVersion, remove, &removed).ok());
  EXPECT_THAT(server.control()->last().versions, ElementsAre(2));
}

TEST(ManagementTest, SetsAliasesAndTraffic) {
  TestManagement server;
  SetAliasesRequest aliases;
  aliases.set_name("net");
  (*aliases.mutable_set())["stable"] = 1;
  aliases.add_remove("canary");
  SetAliasesResponse aliased;
  EXPECT_TRUE(server.Call(&Stub::SetAliases, aliases, &aliased).ok());
  EXPECT_THAT(server.control()->last().set, ElementsAre(Pair("stable", 1)));
  EXPECT_THAT(server.control()->last().remove, ElementsAre("canary"));
  SetTrafficRequest traffic;
  traffic.set_name("net");
  traffic.add_shares()->set_version(1);
  traffic.mutable_shares(0)->set_weight(3);
  SetTrafficResponse divided;
  EXPECT_TRUE(server.Call(&Stub::SetTraffic, traffic, &divided).ok());
  ASSERT_EQ(server.control()->last().shares.size(), 1u);
  EXPECT_EQ(server.control()->last().shares[0].weight, 3u);
}

TEST(ManagementTest, RollbackTellsTheVersionThatServes) {
  TestManagement server;
  RollbackRequest request;
  request.set_name("net");
  RollbackResponse response;
  ASSERT_TRUE(server.Call(&Stub::Rollback, request, &response).ok());
  EXPECT_EQ(response.version(), 7);
  server.control()->status = absl::FailedPreconditionError("no other");
  EXPECT_EQ(server.Call(&Stub::Rollback, request, &response).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
}

TEST(ManagementTest, InspectsTheVersionThatIsMeant) {
  TestManagement server;
  server.control()->models = {{"net", {1, 4}}};
  server.control()->routes["net"].aliases["stable"] = 1;
  InspectModelRequest request;
  request.set_name("net");
  InspectModelResponse response;
  ASSERT_TRUE(server.Call(&Stub::InspectModel, request, &response).ok());
  EXPECT_EQ(response.version(), 4);
  EXPECT_EQ(response.json(), "{}");
  request.set_alias("stable");
  ASSERT_TRUE(server.Call(&Stub::InspectModel, request, &response).ok());
  EXPECT_EQ(response.version(), 1);
  request.set_name("nobody");
  request.clear_alias();
  EXPECT_EQ(server.Call(&Stub::InspectModel, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

// A request that cannot be meant, and what is said about it.
template <typename Request, typename Response>
void ExpectInvalid(TestManagement* server,
                   grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                const Request&, Response*),
                   const Request& request, const std::string& words) {
  Response response;
  const grpc::Status status = server->Call(method, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr(words));
}

TEST(ManagementTest, RefusesVersionsThatCannotBe) {
  TestManagement server;
  LoadModelRequest load;
  load.add_versions(0);
  ExpectInvalid(&server, &Stub::LoadModel, load, "version is 0");
  UnloadModelRequest unload;
  unload.add_versions(-3);
  ExpectInvalid(&server, &Stub::UnloadModel, unload, "version is -3");
  ExpectInvalid(&server, &Stub::DeleteVersion, DeleteVersionRequest(),
                "version is 0");
}

TEST(ManagementTest, RefusesAliasesThatCannotBe) {
  TestManagement server;
  SetAliasesRequest request;
  (*request.mutable_set())["1st"] = 1;
  ExpectInvalid(&server, &Stub::SetAliases, request, "alias '1st'");
  request.clear_set();
  (*request.mutable_set())["a"] = 1;
  request.add_remove("a");
  ExpectInvalid(&server, &Stub::SetAliases, request, "in `set` and in");
}

TEST(ManagementTest, RefusesTrafficThatCannotBe) {
  TestManagement server;
  SetTrafficRequest request;
  request.add_shares()->set_version(1);
  ExpectInvalid(&server, &Stub::SetTraffic, request, "all weights are 0");
  *request.add_shares() = request.shares(0);
  ExpectInvalid(&server, &Stub::SetTraffic, request, "has two shares");
}

TEST(ManagementTest, ADrainWaitsForCallsInFlight) {
  TestManagement server;
  auto load = std::async(std::launch::async, [&] {
    LoadModelRequest request;
    LoadModelResponse response;
    return server.Call(&Stub::LoadModel, request, &response);
  });
  auto asked = server.control()->loads.Take();
  auto drain = std::async(std::launch::async, [&] {
    server.server()->Drain(Clock::Real()->Now() + std::chrono::seconds(300));
  });
  asked.done(absl::OkStatus());
  EXPECT_TRUE(load.get().ok());
  drain.get();
}

}  // namespace
}  // namespace sconce
