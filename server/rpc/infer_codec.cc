#include "server/rpc/infer_codec.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/rpc/typed_contents.h"

namespace sconce {
namespace {

using inference::ModelInferRequest;
using InputMessage = ModelInferRequest::InferInputTensor;
using OutputMessage = ModelInferRequest::InferRequestedOutputTensor;

// Types of the parameters that mean something; a value of another type would
// be passed over in silence.
absl::Status CheckKnownParameters(const ModelInferRequest& request) {
  using Value = inference::InferParameter;
  for (const auto& [name, value] : request.parameters()) {
    const auto kind = value.parameter_choice_case();
    if (name == "timings" && kind != Value::kBoolParam) {
      return absl::InvalidArgumentError(
          "parameter 'timings' is no bool; expected it in bool_param");
    }
    if (name == "timeout" && kind != Value::kInt64Param) {
      return absl::InvalidArgumentError(
          "parameter 'timeout' is no int64; expected microseconds in "
          "int64_param");
    }
    if (name.starts_with("triton_") &&
        name != "triton_enable_empty_final_response") {
      return absl::InvalidArgumentError(
          absl::StrCat("parameter '", name, "' is reserved; leave it out"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRequestParameters(const ModelInferRequest& request) {
  RETURN_IF_ERROR(CheckKnownParameters(request));
  for (const char* name : {"sequence_id", "sequence_start", "sequence_end"}) {
    if (request.parameters().contains(name)) {
      return absl::UnimplementedError(absl::StrCat(
          "parameter '", name, "': sequences are not served; leave it out"));
    }
  }
  return absl::OkStatus();
}

// `Tensor` is an input or a requested output.
template <typename Tensor>
absl::Status CheckTensorParameters(const char* kind, const Tensor& tensor) {
  for (const auto& [name, value] : tensor.parameters()) {
    if (name == "classification" || name.starts_with("shared_memory_")) {
      return absl::UnimplementedError(
          absl::StrCat(kind, " '", tensor.name(), "': parameter '", name,
                       "' is not served; leave it out"));
    }
  }
  return absl::OkStatus();
}

absl::Status ApplyTimeout(const ModelInferRequest& request, InferTask* task) {
  const auto found = request.parameters().find("timeout");
  if (found == request.parameters().end()) return absl::OkStatus();
  const int64_t microseconds = found->second.int64_param();
  if (microseconds < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("parameter 'timeout' is ", microseconds,
                     ", expected microseconds >= 0 in int64_param"));
  }
  // 0 means none, and more than a day is none for any practical purpose.
  constexpr int64_t kDay = int64_t{24} * 3600 * 1000 * 1000;
  if (microseconds > 0 && microseconds < kDay) {
    task->deadline =
        std::min(task->deadline, task->trace.received +
                                     std::chrono::microseconds(microseconds));
  }
  return absl::OkStatus();
}

absl::StatusOr<InputTensor> DecodeHead(const InputMessage& message) {
  RETURN_IF_ERROR(CheckTensorParameters("input", message));
  const std::optional<DataType> type = ParseDataType(message.datatype());
  if (!type) {
    return absl::InvalidArgumentError(absl::StrCat(
        "input '", message.name(), "': datatype '", message.datatype(),
        "' is unknown; expected one of BOOL, INT8 … INT64, UINT8 … UINT64, "
        "FP16, FP32, FP64, BF16, BYTES"));
  }
  InputTensor input;
  input.name = message.name();
  input.type = *type;
  input.shape.assign(message.shape().begin(), message.shape().end());
  return input;
}

absl::Status DecodeTypedInput(const InputMessage& message, InputTensor* input,
                              PackedContents* packed) {
  // The servable refuses BYTES with a better message than a packer could.
  if (input->type == DataType::kBytes) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::vector<uint8_t> bytes,
                   PackTypedContents(message, input->type));
  packed->push_back(std::move(bytes));
  input->bytes = ByteChunks(absl::MakeConstSpan(packed->back()));
  return absl::OkStatus();
}

absl::Status CheckRawCount(const WireRequest& request) {
  const int inputs = request.header().inputs_size();
  const size_t raw = request.raw_inputs().size();
  if (raw != 0 && raw != static_cast<size_t>(inputs)) {
    return absl::InvalidArgumentError(
        absl::StrCat("raw_input_contents has ", raw, " entries for ", inputs,
                     " inputs; expected one entry an input, in order"));
  }
  return absl::OkStatus();
}

absl::Status DecodeInputs(const WireRequest& request, InferTask* task,
                          PackedContents* packed) {
  RETURN_IF_ERROR(CheckRawCount(request));
  const bool raw = !request.raw_inputs().empty();
  for (int i = 0; i < request.header().inputs_size(); ++i) {
    const InputMessage& message = request.header().inputs(i);
    ASSIGN_OR_RETURN(InputTensor input, DecodeHead(message));
    if (raw && message.has_contents()) {
      return absl::InvalidArgumentError(
          absl::StrCat("contents field must not be specified when using "
                       "raw_input_contents for input '",
                       message.name(), "'"));
    }
    if (raw) {
      input.bytes = request.raw_inputs()[static_cast<size_t>(i)];
    } else {
      RETURN_IF_ERROR(DecodeTypedInput(message, &input, packed));
    }
    task->inputs.push_back(std::move(input));
  }
  return absl::OkStatus();
}

absl::Status DecodeRequestedOutputs(const ModelInferRequest& request,
                                    InferTask* task) {
  // More names than any model has outputs; keeps the search for duplicates
  // from being made a burden.
  constexpr int kMost = 4096;
  if (request.outputs_size() > kMost) {
    return absl::InvalidArgumentError(
        absl::StrCat("the request asks for ", request.outputs_size(),
                     " outputs, expected at most ", kMost));
  }
  for (const OutputMessage& output : request.outputs()) {
    RETURN_IF_ERROR(CheckTensorParameters("output", output));
    auto& names = task->requested_outputs;
    if (std::find(names.begin(), names.end(), output.name()) != names.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "output '", output.name(), "' already exists in request"));
    }
    names.push_back(output.name());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DecodeInferRequest(const WireRequest& request, InferTask* task,
                                PackedContents* packed) {
  RETURN_IF_ERROR(CheckRequestParameters(request.header()));
  RETURN_IF_ERROR(ApplyTimeout(request.header(), task));
  RETURN_IF_ERROR(DecodeInputs(request, task, packed));
  return DecodeRequestedOutputs(request.header(), task);
}

absl::StatusOr<std::optional<int64_t>> ParseModelVersion(
    const std::string& text) {
  if (text.empty()) return std::optional<int64_t>();
  int64_t version = 0;
  if (!absl::SimpleAtoi(text, &version)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "failed to get model version from specified version string '", text,
        "'; expected a number, or nothing for the latest"));
  }
  return std::optional<int64_t>(version);
}

bool WantsTimings(const ModelInferRequest& request) {
  const auto found = request.parameters().find("timings");
  return found != request.parameters().end() && found->second.bool_param();
}

}  // namespace sconce
