#include "client/loadtest/sending/server_times.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/slice.h>

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "inference/grpc_service.pb.h"

namespace sconce::load {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::ArrayInputStream;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::ConcatenatingInputStream;
using google::protobuf::io::ZeroCopyInputStream;

constexpr uint32_t TagOf(int field) {
  return WireFormatLite::MakeTag(field,
                                 WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

constexpr uint32_t kParameters =
    TagOf(inference::ModelInferResponse::kParametersFieldNumber);
// Of an entry of a map.
constexpr uint32_t kKey = TagOf(1);
constexpr uint32_t kValue = TagOf(2);
constexpr uint32_t kInt64 =
    WireFormatLite::MakeTag(inference::InferParameter::kInt64ParamFieldNumber,
                            WireFormatLite::WIRETYPE_VARINT);

struct Found {
  std::optional<int64_t> queue;
  std::optional<int64_t> infer;
  int64_t around = 0;  // before and after the model itself
};

void Note(const std::string& name, int64_t value, Found* found) {
  if (name == "queue_ns") found->queue = value;
  if (name == "compute_infer_ns") found->infer = value;
  if (name == "compute_input_ns" || name == "compute_output_ns") {
    found->around += value;
  }
}

// Calls `read` with each tag of a nested message.
template <typename Read>
bool ReadNested(CodedInputStream* input, const Read& read) {
  int length = 0;
  if (!input->ReadVarintSizeAsInt(&length)) return false;
  const auto limit = input->PushLimit(length);
  while (const uint32_t tag = input->ReadTag()) {
    if (!read(tag)) return false;
  }
  const bool whole = input->ConsumedEntireMessage();
  input->PopLimit(limit);
  return whole;
}

bool ReadValue(CodedInputStream* input, std::optional<int64_t>* value) {
  return ReadNested(input, [&](uint32_t tag) {
    if (tag != kInt64) return WireFormatLite::SkipField(input, tag);
    uint64_t number = 0;
    const bool read = input->ReadVarint64(&number);
    *value = static_cast<int64_t>(number);
    return read;
  });
}

bool ReadParameter(CodedInputStream* input, Found* found) {
  std::string name;
  std::optional<int64_t> value;
  const bool read = ReadNested(input, [&](uint32_t tag) {
    if (tag == kKey) return WireFormatLite::ReadString(input, &name);
    if (tag == kValue) return ReadValue(input, &value);
    return WireFormatLite::SkipField(input, tag);
  });
  if (read && value) Note(name, *value, found);
  return read;
}

bool ReadFields(CodedInputStream* input, Found* found) {
  while (const uint32_t tag = input->ReadTag()) {
    const bool read = tag == kParameters
                          ? ReadParameter(input, found)
                          : WireFormatLite::SkipField(input, tag);
    if (!read) return false;
  }
  return true;
}

}  // namespace

std::optional<ServerTimes> ReadServerTimes(const grpc::ByteBuffer& answer) {
  std::vector<grpc::Slice> slices;
  if (!answer.Valid() || !answer.Dump(&slices).ok() || slices.empty()) {
    return std::nullopt;
  }
  Found found;
  std::deque<ArrayInputStream> pieces;
  std::vector<ZeroCopyInputStream*> streams;
  for (const grpc::Slice& slice : slices) {
    streams.push_back(
        &pieces.emplace_back(slice.begin(), static_cast<int>(slice.size())));
  }
  ConcatenatingInputStream stream(streams.data(),
                                  static_cast<int>(streams.size()));
  CodedInputStream input(&stream);
  if (!ReadFields(&input, &found)) return std::nullopt;
  if (!found.queue || !found.infer) return std::nullopt;
  return ServerTimes{
      .queue = std::chrono::nanoseconds(*found.queue),
      .compute = std::chrono::nanoseconds(*found.infer + found.around)};
}

}  // namespace sconce::load
