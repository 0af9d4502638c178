#include "server/rpc/model_examples.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "inference/grpc_service.pb.h"
#include "server/base/status_macros.h"
#include "server/core/servable_handle.h"
#include "server/rpc/model_versions.h"
#include "server/tensor/golden_example.h"

namespace sconce {
namespace {

using management::v1::GetModelExamplesRequest;
using management::v1::GetModelExamplesResponse;
using management::v1::ModelExample;

// An exporter keeps 4 MiB; a response may well be larger than one request.
constexpr size_t kMostBytes = size_t{32} << 20;

// What clients write in a request for the version that was asked for.
struct Target {
  std::string model;    // without the method
  std::string version;  // "": the request named none
};

template <typename Tensor>
void Describe(const GoldenTensor& golden, std::string name, Tensor* out) {
  out->set_name(std::move(name));
  out->set_datatype(std::string(DataTypeName(golden.type)));
  out->mutable_shape()->Add(golden.shape.begin(), golden.shape.end());
}

std::string Request(const GoldenExample& example, const Target& target,
                    const std::vector<std::string>& names,
                    const ModelSignature& signature) {
  inference::ModelInferRequest request;
  request.set_model_name(example.method == "forward"
                             ? target.model
                             : absl::StrCat(target.model, ":", example.method));
  request.set_model_version(target.version);
  for (const GoldenTensor& input : example.inputs) {
    Describe(input, ServedInputName(input.name, names, signature),
             request.add_inputs());
    request.add_raw_input_contents(input.bytes);
  }
  return request.SerializeAsString();
}

std::string Response(const GoldenExample& example, const Target& target,
                     const ModelSignature& signature) {
  inference::ModelInferResponse response;
  response.set_model_name(target.model);
  const size_t count = example.outputs.size();
  for (size_t i = 0; i < count; ++i) {
    const GoldenTensor& output = example.outputs[i];
    Describe(output, ServedOutputName(output.name, i, count, signature),
             response.add_outputs());
    response.add_raw_output_contents(output.bytes);
  }
  return response.SerializeAsString();
}

size_t Bytes(const GoldenExample& example) {
  size_t bytes = 0;
  for (const GoldenTensor& input : example.inputs) bytes += input.bytes.size();
  for (const GoldenTensor& output : example.outputs) {
    bytes += output.bytes.size();
  }
  return bytes;
}

// Nothing for a method that cannot be called.
void AddExample(const GoldenExample& example, const GoldenExamples& golden,
                const Target& target, const Servable& servable,
                GetModelExamplesResponse* response) {
  const auto signature = servable.signature(example.method);
  const auto names = golden.inputs.find(example.method);
  if (!signature.ok() || names == golden.inputs.end()) return;
  ModelExample* const added = response->add_examples();
  added->set_name(example.name);
  added->set_method(example.method);
  added->set_request(Request(example, target, names->second, **signature));
  if (golden.are_right) {
    added->set_response(Response(example, target, **signature));
  }
}

void AddExamples(const GoldenExamples& golden, const Target& target,
                 const Servable& servable, GetModelExamplesResponse* response) {
  size_t bytes = 0;
  uint32_t left_out = 0;
  for (const GoldenExample& example : golden.examples) {
    bytes += Bytes(example);
    if (bytes > kMostBytes) {
      ++left_out;
    } else {
      AddExample(example, golden, target, servable, response);
    }
  }
  response->set_left_out(left_out);
  for (const auto& [type, allowed] : golden.tolerances) {
    auto* const added = response->add_tolerances();
    added->set_datatype(std::string(DataTypeName(type)));
    added->set_rtol(allowed.relative);
    added->set_atol(allowed.absolute);
  }
}

absl::StatusOr<ServableHandle> FindServable(
    const Manager& manager, const ModelControl& control,
    const GetModelExamplesRequest& request) {
  ASSIGN_OR_RETURN(const std::optional<int64_t> version,
                   NamedVersion(&control, request.name(), request.version(),
                                request.alias()));
  return manager.GetHandle(request.name(), version);
}

Target TargetOf(const GetModelExamplesRequest& request) {
  Target target{.model = request.name(), .version = request.alias()};
  if (request.version() != 0) target.version = absl::StrCat(request.version());
  return target;
}

}  // namespace

void GetModelExamples(const Manager& manager, ModelControl* control,
                      const GetModelExamplesRequest& request,
                      GetModelExamplesResponse* response, DeferredDone done) {
  auto found = FindServable(manager, *control, request);
  if (!found.ok()) return done(found.status());
  const auto servable = std::make_shared<ServableHandle>(*std::move(found));
  const ServableId id = (*servable)->id();
  response->set_name(id.model);
  response->set_version(id.version);
  control->Examples(id, [servable, response, target = TargetOf(request),
                         done = std::move(done)](
                            const absl::StatusOr<GoldenExamples>& golden) {
    if (golden.ok()) AddExamples(*golden, target, **servable, response);
    done(golden.status());
  });
}

}  // namespace sconce
