// FakeModelServer: a server that describes one model as a test wants it.
#ifndef TESTS_UNIT_LOADTEST_FAKE_MODEL_SERVER_H_
#define TESTS_UNIT_LOADTEST_FAKE_MODEL_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "client/loadtest/payload/server_access.h"
#include "inference/grpc_service.grpc.pb.h"
#include "management/v1/management.grpc.pb.h"

namespace sconce::load {

// Runs on a free loopback port until it is destroyed. What it answers is set
// before it is asked.
class FakeModelServer : private inference::GRPCInferenceService::Service,
                        private management::v1::Management::Service {
 public:
  FakeModelServer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(
        static_cast<inference::GRPCInferenceService::Service*>(this));
    builder.RegisterService(
        static_cast<management::v1::Management::Service*>(this));
    server_ = builder.BuildAndStart();
  }

  ~FakeModelServer() override {
    server_->Shutdown(std::chrono::system_clock::now());
  }

  FakeModelServer& AddInput(const std::string& name, const std::string& type,
                            const std::vector<int64_t>& shape,
                            bool optional = false) {
    Fill(name, type, shape, model_.add_inputs());
    auto* const input = config_.add_input();
    input->set_name(name);
    input->set_optional(optional);
    return *this;
  }

  FakeModelServer& AddOutput(const std::string& name, const std::string& type,
                             const std::vector<int64_t>& shape) {
    Fill(name, type, shape, model_.add_outputs());
    return *this;
  }

  std::string extension = "statistics";  // the one that it has
  // Of the model that it has.
  std::string model_name = "net";

  // What GetModelExamples answers; without it: UNIMPLEMENTED.
  std::optional<management::v1::GetModelExamplesResponse> examples;
  // The last one that it was asked.
  management::v1::GetModelExamplesRequest asked;

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  // Both services are at the same port.
  ServerAccess access() const { return AccessTo(address(), address()); }

 private:
  using Context = grpc::ServerContext;

  static void Fill(const std::string& name, const std::string& type,
                   const std::vector<int64_t>& shape,
                   inference::ModelMetadataResponse::TensorMetadata* tensor) {
    tensor->set_name(name);
    tensor->set_datatype(type);
    tensor->mutable_shape()->Add(shape.begin(), shape.end());
  }

  grpc::Status ServerMetadata(
      Context*, const inference::ServerMetadataRequest*,
      inference::ServerMetadataResponse* response) override {
    response->set_name("other");
    response->add_extensions(extension);
    return grpc::Status::OK;
  }

  grpc::Status ModelMetadata(
      Context*, const inference::ModelMetadataRequest* request,
      inference::ModelMetadataResponse* response) override {
    if (request->name() != model_name) {
      return {grpc::StatusCode::NOT_FOUND, "no such model"};
    }
    *response = model_;
    return grpc::Status::OK;
  }

  grpc::Status ModelConfig(Context*, const inference::ModelConfigRequest*,
                           inference::ModelConfigResponse* response) override {
    *response->mutable_config() = config_;
    return grpc::Status::OK;
  }

  grpc::Status RepositoryIndex(
      Context*, const inference::RepositoryIndexRequest*,
      inference::RepositoryIndexResponse* response) override {
    response->add_models()->set_name(model_name);
    response->add_models()->set_name("detector");
    return grpc::Status::OK;
  }

  grpc::Status GetModelExamples(
      Context*, const management::v1::GetModelExamplesRequest* request,
      management::v1::GetModelExamplesResponse* response) override {
    asked = *request;
    if (!examples) return {grpc::StatusCode::UNIMPLEMENTED, ""};
    *response = *examples;
    return grpc::Status::OK;
  }

  int port_ = 0;
  inference::ModelMetadataResponse model_;
  inference::ModelConfig config_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sconce::load

#endif  // TESTS_UNIT_LOADTEST_FAKE_MODEL_SERVER_H_
