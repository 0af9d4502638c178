#include "server/rpc/request_parameters.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/rpc/sequence_parameters.h"
#include "server/rpc/traffic_key.h"
#include "server/tensor/strings.h"

namespace sconce {
namespace {

using inference::InferParameter;
using inference::ModelInferRequest;

constexpr char kEnableFinalResponse[] = "triton_enable_empty_final_response";

// Names that the field gave a meaning, now or later.
bool IsReserved(absl::string_view name) {
  if (absl::StartsWith(name, "triton_")) return name != kEnableFinalResponse;
  return absl::StartsWith(name, "sequence_") && name != "sequence_id" &&
         name != "sequence_start" && name != "sequence_end";
}

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
    if (name == "method" && kind != Value::kStringParam) {
      return absl::InvalidArgumentError(
          "parameter 'method' is no string; expected a method's name in "
          "string_param");
    }
    if (name == kTrafficKeyParameter && kind != Value::kStringParam &&
        kind != Value::kInt64Param) {
      return absl::InvalidArgumentError(absl::StrCat(
          "parameter '", name,
          "' is no string or int64; expected it in string_param or "
          "int64_param"));
    }
    if (name == kEnableFinalResponse && kind != Value::kBoolParam) {
      return absl::InvalidArgumentError(absl::StrCat(
          "parameter '", name, "' is no bool; expected it in bool_param"));
    }
    if (IsReserved(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("parameter '", name, "' is reserved; leave it out"));
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

// Levels that the model does not have mean its default, as in Triton.
absl::Status ApplyPriority(const ModelInferRequest& request, InferTask* task) {
  const auto found = request.parameters().find("priority");
  if (found == request.parameters().end()) return absl::OkStatus();
  const InferParameter& value = found->second;
  const bool is_unsigned =
      value.parameter_choice_case() == InferParameter::kUint64Param;
  if (!is_unsigned &&
      value.parameter_choice_case() != InferParameter::kInt64Param) {
    return absl::InvalidArgumentError(
        "parameter 'priority' is no integer; expected a level in int64_param "
        "or uint64_param");
  }
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  task->priority =
      is_unsigned ? static_cast<int64_t>(std::min(value.uint64_param(), kMost))
                  : value.int64_param();
  if (task->priority >= 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("parameter 'priority' is ", task->priority,
                   ", expected a level from 1, or 0 for the default"));
}

absl::Status ApplyMethod(const ModelInferRequest& request, InferTask* task) {
  const auto found = request.parameters().find("method");
  if (found == request.parameters().end()) return absl::OkStatus();
  const std::string& method = found->second.string_param();
  if (!task->method.empty() && task->method != method) {
    return absl::InvalidArgumentError(absl::StrCat(
        "parameter 'method' is '", method, "', but the model name ends in ':",
        task->method, "'; give one of them, or the same"));
  }
  task->method = method;
  return absl::OkStatus();
}

// Parameters of the protocol and of this server; others may be arguments.
bool HasMeaning(absl::string_view name) {
  static constexpr absl::string_view kNames[] = {
      "timeout",           "timings", "method",
      "priority",          "headers", "binary_data_output",
      kTrafficKeyParameter};
  return std::find(std::begin(kNames), std::end(kNames), name) !=
             std::end(kNames) ||
         absl::StartsWith(name, "triton_") ||
         absl::StartsWith(name, "sequence_");
}

template <typename T>
std::vector<uint8_t> BytesOf(T value) {
  std::vector<uint8_t> bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

// The parameter's type and bytes, those of one element; none when it is unset.
std::pair<DataType, std::vector<uint8_t>> Pack(const InferParameter& value) {
  switch (value.parameter_choice_case()) {
    case InferParameter::kBoolParam:
      return {DataType::kBool, BytesOf(value.bool_param())};
    case InferParameter::kInt64Param:
      return {DataType::kInt64, BytesOf(value.int64_param())};
    case InferParameter::kUint64Param:
      return {DataType::kUint64, BytesOf(value.uint64_param())};
    case InferParameter::kDoubleParam:
      return {DataType::kFp64, BytesOf(value.double_param())};
    case InferParameter::kStringParam: {
      std::vector<uint8_t> bytes;
      AppendString(value.string_param(), &bytes);
      return {DataType::kBytes, std::move(bytes)};
    }
    case InferParameter::PARAMETER_CHOICE_NOT_SET:
      break;
  }
  return {DataType::kBool, {}};
}

void AddArguments(const ModelInferRequest& request, InferTask* task,
                  PackedContents* packed) {
  for (const auto& [name, value] : request.parameters()) {
    if (HasMeaning(name)) continue;
    auto [type, bytes] = Pack(value);
    if (bytes.empty()) continue;
    packed->push_back(std::move(bytes));
    task->parameters.push_back(
        {name, type, Shape{1},
         ByteChunks(absl::MakeConstSpan(packed->back()))});
  }
}

}  // namespace

absl::Status DecodeParameters(const ModelInferRequest& request, InferTask* task,
                              PackedContents* packed) {
  RETURN_IF_ERROR(CheckKnownParameters(request));
  RETURN_IF_ERROR(ApplyTimeout(request, task));
  RETURN_IF_ERROR(ApplyPriority(request, task));
  RETURN_IF_ERROR(ApplyMethod(request, task));
  ASSIGN_OR_RETURN(task->sequence, ParseSequence(request));
  AddArguments(request, task, packed);
  return absl::OkStatus();
}

bool WantsTimings(const ModelInferRequest& request) {
  const auto found = request.parameters().find("timings");
  return found != request.parameters().end() && found->second.bool_param();
}

bool WantsFinalResponse(const ModelInferRequest& request) {
  const auto found = request.parameters().find(kEnableFinalResponse);
  return found != request.parameters().end() && found->second.bool_param();
}

}  // namespace sconce
