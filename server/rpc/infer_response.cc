#include "server/rpc/infer_response.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/slice.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

constexpr uint32_t kRawOutputsTag = WireFormatLite::MakeTag(
    inference::ModelInferResponse::kRawOutputContentsFieldNumber,
    WireFormatLite::WIRETYPE_LENGTH_DELIMITED);

// Up to this size a copy costs less than a counted reference and one more
// entry in the kernel's write.
constexpr size_t kCopyLimit = 4096;

// A message is at most 2^31 - 1 bytes; the head gets a share that no model's
// names and shapes fill.
constexpr size_t kMaxOutputBytes = (size_t{1} << 31) - (size_t{1} << 20);

void SetInt64(const char* name, int64_t value,
              inference::ModelInferResponse* response) {
  (*response->mutable_parameters())[name].set_int64_param(value);
}

void DescribeOutput(const OutputTensor& output,
                    inference::ModelInferResponse* response) {
  auto* message = response->add_outputs();
  message->set_name(output.name);
  const absl::string_view type = DataTypeName(output.type);
  message->set_datatype(type.data(), type.size());
  message->mutable_shape()->Add(output.shape.begin(), output.shape.end());
}

void AppendRawHead(size_t length, std::string* out) {
  uint8_t head[10];
  uint8_t* end = CodedOutputStream::WriteTagToArray(kRawOutputsTag, head);
  end = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(length),
                                                end);
  out->append(reinterpret_cast<const char*>(head),
              static_cast<size_t>(end - head));
}

absl::Status CheckSize(absl::Span<const OutputTensor> outputs) {
  size_t bytes = 0;
  for (const OutputTensor& output : outputs) bytes += output.bytes.size();
  if (bytes <= kMaxOutputBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the outputs have ", bytes, " bytes, but a message holds at most ",
      kMaxOutputBytes, "; ask for fewer outputs or rows"));
}

// A slice over the output's own memory; its last user frees the output.
grpc::Slice ReferTo(const OutputTensor& output) {
  auto* owner = new std::shared_ptr<const void>(output.owner);
  return grpc::Slice(
      const_cast<uint8_t*>(output.bytes.data()), output.bytes.size(),
      [](void* user_data) {
        delete static_cast<std::shared_ptr<const void>*>(user_data);
      },
      owner);
}

// Collects the message's bytes: small pieces are gathered, large ones kept.
class SliceList {
 public:
  std::string* pending() { return &pending_; }

  void Append(grpc::Slice slice) {
    Flush();
    slices_.push_back(std::move(slice));
  }

  grpc::ByteBuffer Finish() {
    Flush();
    return grpc::ByteBuffer(slices_.data(), slices_.size());
  }

 private:
  void Flush() {
    if (!pending_.empty()) slices_.emplace_back(pending_);
    pending_.clear();
  }

  std::string pending_;
  std::vector<grpc::Slice> slices_;
};

}  // namespace

void AddTimings(const RequestTrace& trace,
                inference::ModelInferResponse* response) {
  SetInt64("queue_ns", ToNanoseconds(trace.Queue()), response);
  SetInt64("compute_input_ns", ToNanoseconds(trace.ComputeInput()), response);
  SetInt64("compute_infer_ns", ToNanoseconds(trace.ComputeInfer()), response);
  SetInt64("batch_size", trace.batch_rows, response);
}

void MarkFinal(inference::ModelInferResponse* response) {
  (*response->mutable_parameters())["triton_final_response"].set_bool_param(
      true);
}

absl::StatusOr<grpc::ByteBuffer> EncodeInferResponse(
    inference::ModelInferResponse* response,
    absl::Span<const OutputTensor> outputs) {
  RETURN_IF_ERROR(CheckSize(outputs));
  for (const OutputTensor& output : outputs) DescribeOutput(output, response);
  SliceList slices;
  response->AppendToString(slices.pending());
  for (const OutputTensor& output : outputs) {
    AppendRawHead(output.bytes.size(), slices.pending());
    if (output.bytes.size() <= kCopyLimit) {
      slices.pending()->append(
          reinterpret_cast<const char*>(output.bytes.data()),
          output.bytes.size());
    } else {
      slices.Append(ReferTo(output));
    }
  }
  return slices.Finish();
}

}  // namespace sconce
