// FakeInferenceServer: an inference service whose answers a test decides.
#ifndef TESTS_SUPPORT_FAKE_INFERENCE_SERVER_H_
#define TESTS_SUPPORT_FAKE_INFERENCE_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "inference/grpc_service.grpc.pb.h"

namespace sconce {

// Runs gRPC's own threads on a free loopback port until it is destroyed, which
// cancels what is under way. Handlers are called by several threads at once.
class FakeInferenceServer : private inference::GRPCInferenceService::Service {
 public:
  using Request = inference::ModelInferRequest;
  using Response = inference::ModelInferResponse;
  using StreamResponse = inference::ModelStreamInferResponse;
  using Stream = grpc::ServerReaderWriter<StreamResponse, Request>;
  using OnInfer = std::function<grpc::Status(grpc::ServerContext*,
                                             const Request&, Response*)>;
  using OnStream = std::function<grpc::Status(grpc::ServerContext*, Stream*)>;

  // The first input comes back as output "y".
  static void Echo(const Request& request, Response* response) {
    response->set_model_name(request.model_name());
    response->set_model_version("1");
    response->set_id(request.id());
    if (request.inputs_size() == 0) return;
    auto* output = response->add_outputs();
    output->set_name("y");
    output->set_datatype(request.inputs(0).datatype());
    *output->mutable_shape() = request.inputs(0).shape();
    response->add_raw_output_contents(request.raw_input_contents(0));
  }

  explicit FakeInferenceServer(
      OnInfer on_infer = {}, OnStream on_stream = {},
      const std::shared_ptr<grpc::ServerCredentials>& credentials =
          grpc::InsecureServerCredentials())
      : on_infer_(std::move(on_infer)), on_stream_(std::move(on_stream)) {
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(-1);
    builder.AddListeningPort("127.0.0.1:0", credentials, &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }

  ~FakeInferenceServer() override {
    server_->Shutdown(std::chrono::system_clock::now());
  }

  int port() const { return port_; }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  // ModelInfer calls so far.
  int calls() const { return calls_.load(); }

 private:
  grpc::Status ModelInfer(grpc::ServerContext* context, const Request* request,
                          Response* response) override {
    ++calls_;
    if (on_infer_) return on_infer_(context, *request, response);
    Echo(*request, response);
    return grpc::Status::OK;
  }

  grpc::Status ModelStreamInfer(grpc::ServerContext* context,
                                Stream* stream) override {
    if (on_stream_) return on_stream_(context, stream);
    Request request;
    while (stream->Read(&request)) stream->Write(EchoStreamed(request));
    return grpc::Status::OK;
  }

  // Model "refusing" is answered by an error.
  static StreamResponse EchoStreamed(const Request& request) {
    StreamResponse response;
    if (request.model_name() == "refusing") {
      response.set_error_message("the model refused");
    } else {
      Echo(request, response.mutable_infer_response());
    }
    return response;
  }

  grpc::Status ServerLive(grpc::ServerContext*,
                          const inference::ServerLiveRequest*,
                          inference::ServerLiveResponse* response) override {
    response->set_live(true);
    return grpc::Status::OK;
  }

  // Has the model "net" only.
  grpc::Status ModelReady(grpc::ServerContext*,
                          const inference::ModelReadyRequest* request,
                          inference::ModelReadyResponse* response) override {
    if (request->name() != "net") {
      return {grpc::StatusCode::NOT_FOUND, "no such model"};
    }
    response->set_ready(true);
    return grpc::Status::OK;
  }

  // Constant after construction.
  const OnInfer on_infer_;
  const OnStream on_stream_;
  int port_ = 0;

  std::atomic<int> calls_ = 0;
  std::unique_ptr<grpc::Server> server_;  // last: it calls the others
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_FAKE_INFERENCE_SERVER_H_
