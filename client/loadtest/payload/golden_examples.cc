#include "client/loadtest/payload/golden_examples.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "client/loadtest/payload/output_check.h"
#include "inference/grpc_service.pb.h"
#include "management/v1/management.grpc.pb.h"

namespace sconce::load {
namespace {

using management::v1::GetModelExamplesRequest;
using management::v1::GetModelExamplesResponse;
using management::v1::Management;
using management::v1::ModelExample;

constexpr auto kPatience = std::chrono::seconds(10);

std::string MethodOf(const std::string& model) {
  const size_t colon = model.find(':');
  return colon == std::string::npos ? "forward" : model.substr(colon + 1);
}

GetModelExamplesRequest RequestFor(const EntrySpec& entry) {
  GetModelExamplesRequest request;
  request.set_name(entry.model.substr(0, entry.model.find(':')));
  int64_t version = 0;
  if (absl::SimpleAtoi(entry.version, &version)) {
    request.set_version(version);
  } else {
    request.set_alias(entry.version);
  }
  return request;
}

absl::StatusOr<GetModelExamplesResponse> Ask(const EntrySpec& entry,
                                             const ServerAccess& server) {
  if (server.management == nullptr) {
    return absl::FailedPreconditionError(
        "golden examples need the server's management port");
  }
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  GetModelExamplesResponse response;
  const grpc::Status status =
      Management::NewStub(server.management)
          ->GetModelExamples(&context, RequestFor(entry), &response);
  if (status.ok()) return response;
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      absl::StrCat("the management port does not tell golden "
                                   "examples: ",
                                   status.error_message()));
}

using Tolerances = std::map<std::string, double>;  // by data type

Tolerances TolerancesOf(const GetModelExamplesResponse& response) {
  Tolerances tolerances;
  for (const auto& told : response.tolerances()) {
    tolerances[told.datatype()] = std::max(told.rtol(), told.atol());
  }
  return tolerances;
}

absl::Status Malformed(const ModelExample& example) {
  return absl::InternalError(
      absl::StrCat("golden example '", example.name(),
                   "' is malformed; this is a fault of the server"));
}

// Null when the example has no right answer.
absl::StatusOr<std::shared_ptr<const AnswerCheck>> CheckFor(
    const ModelExample& example, double tolerance,
    const Tolerances& tolerances) {
  if (example.response().empty()) return nullptr;
  inference::ModelInferResponse answer;
  if (!answer.ParseFromString(example.response()) ||
      answer.outputs_size() != answer.raw_output_contents_size()) {
    return Malformed(example);
  }
  ExpectedOutputs outputs;
  for (int i = 0; i < answer.outputs_size(); ++i) {
    const auto& output = answer.outputs(i);
    const auto type = ParseDataType(output.datatype());
    if (!type) return Malformed(example);
    Tensor tensor{*type,
                  {output.shape().begin(), output.shape().end()},
                  std::move(*answer.mutable_raw_output_contents(i))};
    if (!tensor.view().Validate().ok()) return Malformed(example);
    const auto told = tolerances.find(output.datatype());
    outputs[output.name()] = {std::move(tensor),
                              told == tolerances.end()
                                  ? tolerance
                                  : std::max(tolerance, told->second)};
  }
  return std::make_shared<const OutputCheck>(std::move(outputs),
                                             OutputCheck::Others::kWrong);
}

// Has an input without elements.
bool IsEmpty(const inference::ModelInferRequest& request) {
  return std::any_of(
      request.inputs().begin(), request.inputs().end(), [](const auto& input) {
        const auto& shape = input.shape();
        return std::find(shape.begin(), shape.end(), 0) != shape.end();
      });
}

absl::StatusOr<Payload> PayloadOf(const ModelExample& example,
                                  inference::ModelInferRequest request,
                                  const EntrySpec& entry, bool timings,
                                  const Tolerances& tolerances) {
  const auto check = CheckFor(example, entry.tolerance, tolerances);
  if (!check.ok()) return check.status();
  if (timings) (*request.mutable_parameters())["timings"].set_bool_param(true);
  const grpc::Slice message(request.SerializeAsString());
  return Payload{absl::StrCat("golden example '", example.name(), "'"),
                 grpc::ByteBuffer(&message, 1), *check};
}

}  // namespace

absl::StatusOr<std::vector<Payload>> GoldenPayloads(const EntrySpec& entry,
                                                    const ServerAccess& server,
                                                    bool timings) {
  const auto told = Ask(entry, server);
  if (!told.ok()) return told.status();
  const Tolerances tolerances = TolerancesOf(*told);
  std::vector<Payload> payloads;
  for (const ModelExample& example : told->examples()) {
    if (example.method() != MethodOf(entry.model)) continue;
    inference::ModelInferRequest request;
    if (!request.ParseFromString(example.request())) return Malformed(example);
    if (IsEmpty(request)) continue;
    auto payload =
        PayloadOf(example, std::move(request), entry, timings, tolerances);
    if (!payload.ok()) return payload.status();
    payloads.push_back(*std::move(payload));
  }
  if (!payloads.empty()) return payloads;
  return absl::NotFoundError(absl::StrCat(
      "it has no golden examples with values of method ", MethodOf(entry.model),
      "; the exporter stores them, or give --input"));
}

}  // namespace sconce::load
