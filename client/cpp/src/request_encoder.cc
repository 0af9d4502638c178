#include "client/cpp/src/request_encoder.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "inference/grpc_service.pb.h"

namespace sconce {
inline namespace client {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

constexpr uint32_t kRawInputsTag = WireFormatLite::MakeTag(
    inference::ModelInferRequest::kRawInputContentsFieldNumber,
    WireFormatLite::WIRETYPE_LENGTH_DELIMITED);

// Up to this size a copy costs less than a counted reference and one more
// entry in the kernel's write.
constexpr size_t kCopyLimit = 4096;

// A message is at most 2^31 - 1 bytes; the head gets a share.
constexpr size_t kMaxInputBytes = (size_t{1} << 31) - (size_t{1} << 20);

struct SetParameter {
  inference::InferParameter* to;

  void operator()(bool value) const { to->set_bool_param(value); }
  void operator()(int64_t value) const { to->set_int64_param(value); }
  void operator()(uint64_t value) const { to->set_uint64_param(value); }
  void operator()(double value) const { to->set_double_param(value); }
  void operator()(const std::string& value) const {
    to->set_string_param(value);
  }
};

void DescribeInput(const InferRequest::Input& input,
                   inference::ModelInferRequest* message) {
  auto* described = message->add_inputs();
  described->set_name(input.name);
  const absl::string_view type = DataTypeName(input.tensor.type());
  described->set_datatype(type.data(), type.size());
  described->mutable_shape()->Add(input.tensor.shape().begin(),
                                  input.tensor.shape().end());
}

std::string EncodeHead(const InferRequest& request) {
  inference::ModelInferRequest message;
  message.set_model_name(request.model());
  message.set_model_version(request.version());
  message.set_id(request.id());
  for (const auto& [name, value] : request.parameters()) {
    std::visit(SetParameter{&(*message.mutable_parameters())[name]}, value);
  }
  for (const auto& input : request.inputs()) DescribeInput(input, &message);
  for (const auto& name : request.outputs()) {
    message.add_outputs()->set_name(name);
  }
  return message.SerializeAsString();
}

void AppendRawHead(size_t length, std::string* out) {
  uint8_t head[10];
  uint8_t* end = CodedOutputStream::WriteTagToArray(kRawInputsTag, head);
  end = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(length),
                                                end);
  out->append(reinterpret_cast<const char*>(head),
              static_cast<size_t>(end - head));
}

absl::Status Check(const InferRequest& request) {
  if (request.model().empty()) {
    return absl::InvalidArgumentError(
        "the request names no model; InferRequest(\"name\") does");
  }
  size_t bytes = 0;
  for (const auto& input : request.inputs()) {
    const absl::Status valid = input.tensor.Validate();
    if (!valid.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("model \"", request.model(), "\", input \"", input.name,
                       "\": ", valid.message()));
    }
    bytes += input.tensor.bytes().size();
  }
  if (bytes <= kMaxInputBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("model \"", request.model(), "\": the inputs have ", bytes,
                   " bytes, but a message holds at most ", kMaxInputBytes,
                   "; send fewer rows"));
}

}  // namespace

absl::StatusOr<grpc::ByteBuffer> EncodeRequest(const InferRequest& request,
                                               BorrowedBytes* borrowed) {
  const absl::Status valid = Check(request);
  if (!valid.ok()) return valid;
  std::vector<grpc::Slice> slices;
  std::string pending = EncodeHead(request);
  for (const auto& input : request.inputs()) {
    const absl::Span<const uint8_t> bytes = input.tensor.bytes();
    AppendRawHead(bytes.size(), &pending);
    if (bytes.size() < kCopyLimit) {
      pending.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      continue;
    }
    slices.emplace_back(pending);
    pending.clear();
    slices.push_back(input.owner ? LendOwned(bytes, input.owner)
                                 : borrowed->Lend(bytes));
  }
  if (!pending.empty()) slices.emplace_back(pending);
  return grpc::ByteBuffer(slices.data(), slices.size());
}

}  // namespace client
}  // namespace sconce
