#include "server/rpc/stream_response.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/slice.h>

#include <string>
#include <vector>

#include "server/rpc/call_status.h"

namespace sconce {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

constexpr uint32_t kResponseTag = WireFormatLite::MakeTag(
    inference::ModelStreamInferResponse::kInferResponseFieldNumber,
    WireFormatLite::WIRETYPE_LENGTH_DELIMITED);

// Tag and length in front of a response of `length` bytes.
grpc::Slice HeadOf(size_t length) {
  uint8_t head[10];
  uint8_t* end = CodedOutputStream::WriteTagToArray(kResponseTag, head);
  end = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(length),
                                                end);
  return grpc::Slice(head, static_cast<size_t>(end - head));
}

std::string TextOf(const absl::Status& status) {
  const std::string text = ToGrpcStatus(status).error_message();
  return text.empty() ? absl::StatusCodeToString(status.code()) : text;
}

}  // namespace

grpc::ByteBuffer WrapResponse(const grpc::ByteBuffer& response) {
  std::vector<grpc::Slice> slices;
  // Fails for compressed buffers only.
  response.Dump(&slices).IgnoreError();
  slices.insert(slices.begin(), HeadOf(response.Length()));
  return grpc::ByteBuffer(slices.data(), slices.size());
}

grpc::ByteBuffer EncodeStreamError(
    const absl::Status& status, const inference::ModelInferRequest& request) {
  inference::ModelStreamInferResponse message;
  message.set_error_message(TextOf(status));
  message.mutable_infer_response()->set_id(request.id());
  message.mutable_infer_response()->set_model_name(request.model_name());
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace sconce
