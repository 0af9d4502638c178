#include "client/loadtest/payload/model_description.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "inference/grpc_service.grpc.pb.h"

namespace sconce::load {
namespace {

using inference::GRPCInferenceService;
using inference::ModelMetadataResponse;

constexpr auto kPatience = std::chrono::seconds(10);
constexpr size_t kModelsNamed = 10;

void SetDeadline(grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() + kPatience);
}

// " It has: a, b"; nothing where the server does not tell.
std::string ModelsOf(GRPCInferenceService::Stub* stub) {
  grpc::ClientContext context;
  SetDeadline(&context);
  inference::RepositoryIndexResponse index;
  if (!stub->RepositoryIndex(&context, {}, &index).ok()) return "";
  std::set<std::string> names;
  for (const auto& model : index.models()) names.insert(model.name());
  if (names.empty()) return "; the server has no models";
  const size_t shown = std::min(names.size(), kModelsNamed);
  const std::vector<std::string> first(
      names.begin(), std::next(names.begin(), static_cast<int64_t>(shown)));
  return absl::StrCat("; the server has ", absl::StrJoin(first, ", "),
                      shown < names.size()
                          ? absl::StrCat(" and ", names.size() - shown, " more")
                          : "");
}

absl::string_view NextStep(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "; check that the server runs there and that this is its gRPC "
             "port (8001 by default)";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "; expected a server of the Open Inference Protocol v2 there "
             "(port 8001 by default)";
    default:
      return "";
  }
}

absl::Status Explain(const grpc::Status& status, const ServerAccess& server,
                     absl::string_view model,
                     GRPCInferenceService::Stub* stub) {
  const bool unknown = status.error_code() == grpc::StatusCode::NOT_FOUND;
  // gRPC says nothing of a service that is not there.
  const std::string said = status.error_message().empty()
                               ? "ModelMetadata is not answered"
                               : status.error_message();
  return absl::Status(
      static_cast<absl::StatusCode>(status.error_code()),
      absl::StrCat(server.address, ", model '", model, "': ", said,
                   unknown ? ModelsOf(stub)
                           : std::string(NextStep(status.error_code()))));
}

TensorDescription DescriptionOf(
    const ModelMetadataResponse::TensorMetadata& told) {
  return {told.name(),
          ParseDataType(told.datatype()),
          {told.shape().begin(), told.shape().end()}};
}

// The metadata does not say which inputs may be left out. Servers that know no
// configuration have none.
void MarkOptional(const inference::ModelMetadataRequest& asked,
                  GRPCInferenceService::Stub* stub,
                  std::vector<TensorDescription>* inputs) {
  grpc::ClientContext context;
  SetDeadline(&context);
  inference::ModelConfigRequest request;
  request.set_name(asked.name());
  request.set_version(asked.version());
  inference::ModelConfigResponse response;
  if (!stub->ModelConfig(&context, request, &response).ok()) return;
  for (const auto& told : response.config().input()) {
    for (TensorDescription& input : *inputs) {
      if (input.name == told.name()) input.optional = told.optional();
    }
  }
}

}  // namespace

absl::StatusOr<ModelDescription> DescribeModel(const ServerAccess& server,
                                               absl::string_view model,
                                               absl::string_view version) {
  const auto stub = GRPCInferenceService::NewStub(server.inference);
  inference::ModelMetadataRequest request;
  request.set_name(std::string(model));
  request.set_version(std::string(version));
  grpc::ClientContext context;
  SetDeadline(&context);
  ModelMetadataResponse response;
  const grpc::Status status = stub->ModelMetadata(&context, request, &response);
  if (!status.ok()) return Explain(status, server, model, stub.get());
  ModelDescription description;
  for (const auto& told : response.inputs()) {
    description.inputs.push_back(DescriptionOf(told));
  }
  for (const auto& told : response.outputs()) {
    description.outputs.push_back(DescriptionOf(told));
  }
  MarkOptional(request, stub.get(), &description.inputs);
  return description;
}

bool TellsTimings(const ServerAccess& server) {
  const auto stub = GRPCInferenceService::NewStub(server.inference);
  grpc::ClientContext context;
  SetDeadline(&context);
  inference::ServerMetadataResponse response;
  if (!stub->ServerMetadata(&context, {}, &response).ok()) return false;
  const auto& extensions = response.extensions();
  return std::find(extensions.begin(), extensions.end(), "timings") !=
         extensions.end();
}

}  // namespace sconce::load
