#include "server/rpc/infer_codec.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/rpc/request_parameters.h"
#include "server/rpc/typed_contents.h"

namespace sconce {
namespace {

using inference::ModelInferRequest;
using InputMessage = ModelInferRequest::InferInputTensor;
using OutputMessage = ModelInferRequest::InferRequestedOutputTensor;

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

absl::StatusOr<InputTensor> DecodeHead(const InputMessage& message) {
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
  // First: a tensor in shared memory has no entry in raw_input_contents.
  for (const InputMessage& message : request.header().inputs()) {
    RETURN_IF_ERROR(CheckTensorParameters("input", message));
  }
  RETURN_IF_ERROR(CheckRawCount(request));
  const bool raw = !request.raw_inputs().empty();
  for (int i = 0; i < request.header().inputs_size(); ++i) {
    const InputMessage& message = request.header().inputs(i);
    ASSIGN_OR_RETURN(InputTensor input, DecodeHead(message));
    // MLServer's client sends an empty one beside raw contents.
    if (raw && message.contents().ByteSizeLong() > 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("contents field must not be specified when using "
                       "raw_input_contents for input '",
                       message.name(), "'"));
    }
    if (raw) {
      input.bytes = request.raw_inputs()[static_cast<size_t>(i)];
      input.owner = request.OwnerOf(static_cast<size_t>(i));
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
  RETURN_IF_ERROR(DecodeParameters(request.header(), task, packed));
  RETURN_IF_ERROR(DecodeInputs(request, task, packed));
  return DecodeRequestedOutputs(request.header(), task);
}

}  // namespace sconce
