// InferenceStream: a client's side of ModelStreamInfer.
#ifndef TESTS_SUPPORT_INFERENCE_STREAM_H_
#define TESTS_SUPPORT_INFERENCE_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "inference/grpc_service.grpc.pb.h"
#include "tests/support/test_front_end.h"

namespace sconce {

// One stream, cancelled at the end if it is still open. One thread at a time.
class InferenceStream {
 public:
  using Stub = inference::GRPCInferenceService::Stub;
  using Response = inference::ModelStreamInferResponse;

  // With `grpc_errors` the client asks for errors as the stream's status.
  explicit InferenceStream(Stub* stub, bool grpc_errors = false) {
    if (grpc_errors) context_.AddMetadata("triton_grpc_error", "true");
    stream_ = stub->ModelStreamInfer(&context_);
  }

  bool Send(const inference::ModelInferRequest& request) {
    return stream_->Write(request);
  }
  // The bytes are the request's id as well.
  bool Send(const std::string& model, const std::string& bytes) {
    auto request = TestFrontEnd::Request(model, bytes);
    request.set_id(bytes);
    return Send(request);
  }
  void SendNoMore() { stream_->WritesDone(); }
  void Cancel() { context_.TryCancel(); }

  // The next answer; an error_message of "no answer" at the stream's end.
  Response Read() {
    Response response;
    if (!stream_->Read(&response)) response.set_error_message("no answer");
    return response;
  }
  // The bytes of the next answer, or its error.
  std::string ReadBytes() {
    const Response response = Read();
    if (!response.error_message().empty()) return response.error_message();
    return response.infer_response().raw_output_contents(0);
  }
  // Waits for the stream's end; answers that were not read are lost.
  grpc::Status Finish() { return stream_->Finish(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<inference::ModelInferRequest, Response>>
      stream_;
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_INFERENCE_STREAM_H_
