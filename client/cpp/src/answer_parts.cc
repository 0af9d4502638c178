#include "client/cpp/src/answer_parts.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <cstdint>
#include <deque>

namespace sconce {
inline namespace client {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::ArrayInputStream;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;
using google::protobuf::io::ConcatenatingInputStream;
using google::protobuf::io::StringOutputStream;
using google::protobuf::io::ZeroCopyInputStream;

constexpr uint32_t TagOf(int field) {
  return WireFormatLite::MakeTag(field,
                                 WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

constexpr uint32_t kRawOutputsTag =
    TagOf(inference::ModelInferResponse::kRawOutputContentsFieldNumber);
constexpr uint32_t kErrorTag =
    TagOf(inference::ModelStreamInferResponse::kErrorMessageFieldNumber);
constexpr uint32_t kAnswerTag =
    TagOf(inference::ModelStreamInferResponse::kInferResponseFieldNumber);

// Takes `length` bytes where they are.
bool ReadPieces(CodedInputStream* input, uint32_t length,
                AnswerParts::Pieces* pieces) {
  while (length > 0) {
    const void* data = nullptr;
    int size = 0;
    if (!input->GetDirectBufferPointer(&data, &size)) return false;
    size = static_cast<int>(std::min<uint32_t>(length, size));
    pieces->emplace_back(static_cast<const uint8_t*>(data), size);
    if (!input->Skip(size)) return false;
    length -= static_cast<uint32_t>(size);
  }
  return true;
}

// Up to the end of the input, or of the limit that it has.
bool ReadResponse(CodedInputStream* input, AnswerParts* parts) {
  std::string head;
  {
    StringOutputStream stream(&head);
    CodedOutputStream output(&stream);
    while (const uint32_t tag = input->ReadTag()) {
      if (tag != kRawOutputsTag) {
        if (!WireFormatLite::SkipField(input, tag, &output)) return false;
        continue;
      }
      uint32_t length = 0;
      if (!input->ReadVarint32(&length) ||
          !ReadPieces(input, length, &parts->raw_outputs.emplace_back())) {
        return false;
      }
    }
  }
  return input->ConsumedEntireMessage() && parts->head.ParseFromString(head);
}

bool ReadNested(CodedInputStream* input, AnswerParts* parts) {
  int length = 0;
  if (!input->ReadVarintSizeAsInt(&length)) return false;
  const auto limit = input->PushLimit(length);
  if (!ReadResponse(input, parts)) return false;
  input->PopLimit(limit);
  return true;
}

bool ReadStreamed(CodedInputStream* input, AnswerParts* parts) {
  while (const uint32_t tag = input->ReadTag()) {
    const bool read =
        tag == kAnswerTag ? ReadNested(input, parts)
        : tag == kErrorTag
            ? WireFormatLite::ReadString(input, &parts->error_message)
            : WireFormatLite::SkipField(input, tag);
    if (!read) return false;
  }
  return input->ConsumedEntireMessage();
}

}  // namespace

absl::Status ReadAnswer(const grpc::ByteBuffer& message, bool streamed,
                        AnswerParts* parts) {
  // An empty message has no buffer to dump: all of its fields are missing.
  if (message.Valid() && !message.Dump(&parts->slices).ok()) {
    return absl::InternalError("the answer cannot be decompressed");
  }
  std::deque<ArrayInputStream> pieces;
  std::vector<ZeroCopyInputStream*> streams;
  for (const grpc::Slice& slice : parts->slices) {
    streams.push_back(
        &pieces.emplace_back(slice.begin(), static_cast<int>(slice.size())));
  }
  ConcatenatingInputStream stream(streams.data(),
                                  static_cast<int>(streams.size()));
  CodedInputStream input(&stream);
  if (streamed ? ReadStreamed(&input, parts) : ReadResponse(&input, parts)) {
    return absl::OkStatus();
  }
  return absl::InternalError(
      "the answer is no ModelInferResponse; check that the address is that of "
      "a server of the Open Inference Protocol v2");
}

}  // namespace client
}  // namespace sconce
