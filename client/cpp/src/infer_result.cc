#include "sconce/infer_result.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "client/cpp/src/infer_result_impl.h"

namespace sconce {
inline namespace client {
namespace {

using Output = InferResult::Impl::Output;

absl::StatusOr<const Output*> FindOutput(const InferResult::Impl& result,
                                         absl::string_view name) {
  if (const Output* found = result.Find(name)) return found;
  return absl::NotFoundError(absl::StrCat(
      "model \"", result.parts().head.model_name(), "\" answered without an ",
      "output \"", name, "\"; it has: ", absl::StrJoin(result.names(), ", ")));
}

std::optional<ParameterValue> ValueOf(
    const inference::InferParameter& parameter) {
  switch (parameter.parameter_choice_case()) {
    case inference::InferParameter::kBoolParam:
      return parameter.bool_param();
    case inference::InferParameter::kInt64Param:
      return ParameterValue(std::in_place_type<int64_t>,
                            parameter.int64_param());
    case inference::InferParameter::kUint64Param:
      return ParameterValue(std::in_place_type<uint64_t>,
                            parameter.uint64_param());
    case inference::InferParameter::kDoubleParam:
      return parameter.double_param();
    case inference::InferParameter::kStringParam:
      return parameter.string_param();
    case inference::InferParameter::PARAMETER_CHOICE_NOT_SET:
      break;
  }
  return std::nullopt;
}

}  // namespace

InferResult::InferResult(std::unique_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}
InferResult::InferResult(InferResult&&) noexcept = default;
InferResult& InferResult::operator=(InferResult&&) noexcept = default;
InferResult::~InferResult() = default;

const std::string& InferResult::model_name() const {
  return impl_->parts().head.model_name();
}

const std::string& InferResult::model_version() const {
  return impl_->parts().head.model_version();
}

const std::string& InferResult::id() const { return impl_->parts().head.id(); }

const std::vector<std::string>& InferResult::output_names() const {
  return impl_->names();
}

absl::StatusOr<TensorView> InferResult::Output(absl::string_view name) const {
  const auto output = FindOutput(*impl_, name);
  if (!output.ok()) return output.status();
  const auto& described = *(*output)->described;
  const auto type = ParseDataType(described.datatype());
  if (!type) {
    return absl::UnimplementedError(
        absl::StrCat("output \"", name, "\" has the unknown type \"",
                     described.datatype(), "\"; OutputPieces() has its bytes"));
  }
  const TensorView view(
      *type, described.shape(),
      impl_->InOnePiece(**output, std::max<size_t>(1, ElementSize(*type))));
  const absl::Status valid = view.Validate();
  if (valid.ok()) return view;
  return absl::InternalError(absl::StrCat("output \"", name,
                                          "\": ", valid.message(),
                                          "; this is a fault of the server"));
}

absl::StatusOr<std::vector<absl::Span<const uint8_t>>>
InferResult::OutputPieces(absl::string_view name) const {
  const auto output = FindOutput(*impl_, name);
  if (!output.ok()) return output.status();
  return (*output)->pieces;
}

absl::Status InferResult::CopyOutput(absl::string_view name,
                                     absl::Span<uint8_t> to) const {
  const auto pieces = OutputPieces(name);
  if (!pieces.ok()) return pieces.status();
  size_t size = 0;
  for (const auto& piece : *pieces) size += piece.size();
  if (size != to.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("output \"", name, "\" has ", size,
                     " bytes, the memory given for it ", to.size()));
  }
  for (const auto& piece : *pieces) {
    std::memcpy(to.data(), piece.data(), piece.size());
    to.remove_prefix(piece.size());
  }
  return absl::OkStatus();
}

std::optional<ParameterValue> InferResult::Parameter(
    absl::string_view name) const {
  const auto& parameters = impl_->parts().head.parameters();
  const auto found = parameters.find(std::string(name));
  if (found == parameters.end()) return std::nullopt;
  return ValueOf(found->second);
}

}  // namespace client
}  // namespace sconce
