#include "server/rpc/sequence_parameters.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

using inference::InferParameter;
using inference::ModelInferRequest;

// Ids are kept for each sequence that lives; real ones are numbers and UUIDs.
constexpr size_t kMostIdBytes = 128;

// Null when the request has no parameter `name`.
const InferParameter* Find(const ModelInferRequest& request, const char* name) {
  const auto found = request.parameters().find(name);
  return found == request.parameters().end() ? nullptr : &found->second;
}

absl::StatusOr<std::string> QuotedId(const std::string& id) {
  if (id.size() > kMostIdBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("parameter 'sequence_id' has ", id.size(),
                     " bytes, expected at most ", kMostIdBytes));
  }
  return id.empty() ? id : absl::StrCat("'", id, "'");
}

// "" stands for no sequence.
absl::StatusOr<std::string> IdOf(const InferParameter& value) {
  switch (value.parameter_choice_case()) {
    case InferParameter::kInt64Param:
      if (value.int64_param() == 0) return std::string();
      return absl::StrCat(value.int64_param());
    case InferParameter::kUint64Param:
      if (value.uint64_param() == 0) return std::string();
      return absl::StrCat(value.uint64_param());
    case InferParameter::kStringParam:
      return QuotedId(value.string_param());
    default:
      return absl::InvalidArgumentError(
          "parameter 'sequence_id' is no integer or string; expected it in "
          "int64_param, uint64_param or string_param");
  }
}

absl::StatusOr<bool> FlagOf(const ModelInferRequest& request,
                            const char* name) {
  const InferParameter* const value = Find(request, name);
  if (value == nullptr) return false;
  if (value->parameter_choice_case() != InferParameter::kBoolParam) {
    return absl::InvalidArgumentError(absl::StrCat(
        "parameter '", name, "' is no bool; expected it in bool_param"));
  }
  return value->bool_param();
}

absl::Status MissingId(const char* flag) {
  return absl::InvalidArgumentError(absl::StrCat(
      "parameter '", flag, "' is true, but sequence_id is missing; expected ",
      "a number other than 0 or a string that is not empty"));
}

}  // namespace

absl::StatusOr<std::optional<SequencePlace>> ParseSequence(
    const ModelInferRequest& request) {
  if (request.parameters().empty()) return std::nullopt;
  SequencePlace place;
  if (const InferParameter* id = Find(request, "sequence_id")) {
    ASSIGN_OR_RETURN(place.id, IdOf(*id));
  }
  ASSIGN_OR_RETURN(place.start, FlagOf(request, "sequence_start"));
  ASSIGN_OR_RETURN(place.end, FlagOf(request, "sequence_end"));
  if (place.id.empty()) {
    if (place.start) return MissingId("sequence_start");
    if (place.end) return MissingId("sequence_end");
    return std::nullopt;
  }
  place.route = request.model_version();
  return place;
}

}  // namespace sconce
