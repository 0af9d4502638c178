// The RPCs beside ModelInfer, over a real connection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "reflection/v1alpha/reflection.grpc.pb.h"
#include "tests/support/test_front_end.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Calls a method of the stub and returns its status.
template <typename Request, typename Response>
grpc::Status Call(TestFrontEnd* server,
                  grpc::Status (inference::GRPCInferenceService::Stub::*method)(
                      grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response) {
  grpc::ClientContext context;
  return (server->stub()->*method)(&context, request, response);
}

using Stub = inference::GRPCInferenceService::Stub;

TEST(ServiceTest, TellsItsNameAndOnlyWhatWorks) {
  TestFrontEnd server;
  inference::ServerMetadataResponse metadata;
  ASSERT_TRUE(Call(&server, &Stub::ServerMetadata, {}, &metadata).ok());
  EXPECT_EQ(metadata.name(), "test");
  EXPECT_THAT(metadata.extensions(),
              ElementsAre("model_configuration", "statistics", "parameters",
                          "sequence", "model_repository",
                          "model_repository(unload_dependents)", "timings"));
}

TEST(ServiceTest, IndexListsModelsInOrder) {
  TestFrontEnd server;
  inference::RepositoryIndexResponse index;
  ASSERT_TRUE(Call(&server, &Stub::RepositoryIndex, {}, &index).ok());
  ASSERT_EQ(index.models_size(), 2);
  EXPECT_EQ(index.models(0).name(), "echo");
  EXPECT_EQ(index.models(0).state(), "READY");
  EXPECT_EQ(index.models(1).name(), "held");
}

TEST(ServiceTest, AnUnknownModelIsNotReady) {
  TestFrontEnd server;
  inference::ModelReadyRequest request;
  request.set_name("echo");
  inference::ModelReadyResponse response;
  ASSERT_TRUE(Call(&server, &Stub::ModelReady, request, &response).ok());
  EXPECT_TRUE(response.ready());
  request.set_name("nobody");
  ASSERT_TRUE(Call(&server, &Stub::ModelReady, request, &response).ok());
  EXPECT_FALSE(response.ready());
}

template <typename Request, typename Response>
void ExpectUnimplemented(TestFrontEnd* server, const std::string& name,
                         grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                      const Request&,
                                                      Response*)) {
  Response response;
  // Twice: the call that was refused is replaced by another.
  for (int i = 0; i < 2; ++i) {
    const auto status = Call(server, method, Request(), &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << name;
    EXPECT_THAT(status.error_message(), HasSubstr(name));
  }
}

TEST(ServiceTest, RefusesTheOtherMethodsWithASentence) {
  TestFrontEnd server;
  ExpectUnimplemented(&server, "RepositoryModelLoad",
                      &Stub::RepositoryModelLoad);
  ExpectUnimplemented(&server, "RepositoryModelUnload",
                      &Stub::RepositoryModelUnload);
  ExpectUnimplemented(&server, "SystemSharedMemoryStatus",
                      &Stub::SystemSharedMemoryStatus);
  ExpectUnimplemented(&server, "CudaSharedMemoryRegister",
                      &Stub::CudaSharedMemoryRegister);
  ExpectUnimplemented(&server, "TraceSetting", &Stub::TraceSetting);
  ExpectUnimplemented(&server, "LogSettings", &Stub::LogSettings);
}

TEST(ServiceTest, ReflectionGivesTheSchemaOfEachListedService) {
  using grpc::reflection::v1alpha::ServerReflection;
  TestFrontEnd server;
  auto stub = ServerReflection::NewStub(server.channel());
  grpc::ClientContext context;
  auto stream = stub->ServerReflectionInfo(&context);
  grpc::reflection::v1alpha::ServerReflectionRequest request;
  grpc::reflection::v1alpha::ServerReflectionResponse list;
  request.set_list_services("");
  ASSERT_TRUE(stream->Write(request) && stream->Read(&list));
  EXPECT_EQ(list.list_services_response().service_size(), 3);
  for (const auto& service : list.list_services_response().service()) {
    grpc::reflection::v1alpha::ServerReflectionResponse file;
    request.set_file_containing_symbol(service.name());
    ASSERT_TRUE(stream->Write(request) && stream->Read(&file));
    EXPECT_GT(file.file_descriptor_response().file_descriptor_proto_size(), 0)
        << service.name();
  }
  request.set_file_containing_symbol("no.such.Thing");
  ASSERT_TRUE(stream->Write(request) && stream->Read(&list));
  EXPECT_EQ(list.error_response().error_code(), grpc::StatusCode::NOT_FOUND);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

}  // namespace
}  // namespace sconce
