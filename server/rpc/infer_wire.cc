#include "server/rpc/infer_wire.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <cstdint>

namespace sconce {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr uint32_t kRawInputsTag = WireFormatLite::MakeTag(
    inference::ModelInferRequest::kRawInputContentsFieldNumber,
    WireFormatLite::WIRETYPE_LENGTH_DELIMITED);

// Lets protobuf read pieces of memory as one stream.
class ChunkStream : public google::protobuf::io::ZeroCopyInputStream {
 public:
  explicit ChunkStream(const ByteChunks& chunks) : chunks_(chunks.chunks()) {}

  bool Next(const void** data, int* size) override {
    while (index_ < chunks_.size()) {
      const absl::Span<const uint8_t> rest = chunks_[index_].subspan(offset_);
      ++index_;
      offset_ = 0;
      if (rest.empty()) continue;
      *data = rest.data();
      *size = static_cast<int>(rest.size());
      read_ += *size;
      return true;
    }
    return false;
  }

  // Gives back the end of the chunk that Next() returned last.
  void BackUp(int count) override {
    --index_;
    offset_ = chunks_[index_].size() - static_cast<size_t>(count);
    read_ -= count;
  }

  bool Skip(int count) override {
    const void* data = nullptr;
    int size = 0;
    while (count > 0 && Next(&data, &size)) {
      if (size > count) BackUp(size - count);
      count -= std::min(size, count);
    }
    return count == 0;
  }

  int64_t ByteCount() const override { return read_; }

 private:
  const absl::Span<const absl::Span<const uint8_t>> chunks_;
  size_t index_ = 0;
  size_t offset_ = 0;
  int64_t read_ = 0;
};

// A half-open range of positions in the message.
struct Range {
  int begin = 0;
  int end = 0;
};

// Where the message's parts lie.
struct Layout {
  std::vector<Range> header;      // everything but raw_input_contents
  std::vector<Range> raw_inputs;  // the contents, without tag and length
};

bool FindParts(const ByteChunks& message, Layout* layout) {
  ChunkStream stream(message);
  CodedInputStream input(&stream);
  Range header;
  while (uint32_t tag = input.ReadTag()) {
    if (tag != kRawInputsTag) {
      if (!WireFormatLite::SkipField(&input, tag)) return false;
      header.end = input.CurrentPosition();
      continue;
    }
    uint32_t length = 0;
    if (!input.ReadVarint32(&length)) return false;
    const int begin = input.CurrentPosition();
    if (!input.Skip(static_cast<int>(length))) return false;
    if (header.end > header.begin) layout->header.push_back(header);
    layout->raw_inputs.push_back({begin, input.CurrentPosition()});
    header = {input.CurrentPosition(), input.CurrentPosition()};
  }
  if (header.end > header.begin) layout->header.push_back(header);
  return input.ConsumedEntireMessage();
}

// Walks the message's chunks once, from front to back.
class ChunkCutter {
 public:
  explicit ChunkCutter(const ByteChunks& message) : chunks_(message.chunks()) {}

  // Appends the bytes of `range` to `out`. Ranges must come in order.
  void Cut(Range range, ByteChunks* out) {
    while (range.begin < range.end) {
      const auto chunk = chunks_[index_];
      const int chunk_end = chunk_begin_ + static_cast<int>(chunk.size());
      if (range.begin >= chunk_end) {
        chunk_begin_ = chunk_end;
        ++index_;
        continue;
      }
      const int end = std::min(range.end, chunk_end);
      out->Append(chunk.subspan(static_cast<size_t>(range.begin - chunk_begin_),
                                static_cast<size_t>(end - range.begin)));
      range.begin = end;
    }
  }

 private:
  const absl::Span<const absl::Span<const uint8_t>> chunks_;
  size_t index_ = 0;
  int chunk_begin_ = 0;
};

absl::Status Malformed() {
  return absl::InvalidArgumentError(
      "the message is no valid ModelInferRequest; check that the client uses "
      "the Open Inference Protocol v2");
}

// Up to this size a copy costs less than a counted reference.
constexpr size_t kCopyLimit = 4096;

}  // namespace

std::shared_ptr<const void> WireRequest::OwnerOf(size_t index) const {
  const ByteChunks& bytes = raw_inputs_[index];
  if (bytes.size() < kCopyLimit || bytes.chunks().size() != 1) return nullptr;
  const uint8_t* const begin = bytes.chunks()[0].data();
  const auto holds = [begin](const grpc::Slice& slice) {
    return begin >= slice.begin() && begin < slice.end();
  };
  const auto slice = std::find_if(slices_.begin(), slices_.end(), holds);
  return std::make_shared<const grpc::Slice>(*slice);
}

absl::Status WireRequest::Parse(const grpc::ByteBuffer& message) {
  if (message.Valid() && !message.Dump(&slices_).ok()) return Malformed();
  ByteChunks bytes;
  for (const grpc::Slice& slice : slices_) {
    bytes.Append({slice.begin(), slice.size()});
  }
  Layout layout;
  if (!FindParts(bytes, &layout)) return Malformed();

  ByteChunks header;
  ChunkCutter header_cutter(bytes);
  for (const Range& range : layout.header) header_cutter.Cut(range, &header);
  ChunkStream header_stream(header);
  if (!header_->ParseFromZeroCopyStream(&header_stream)) {
    header_->Clear();
    return Malformed();
  }

  ChunkCutter raw_cutter(bytes);
  for (const Range& range : layout.raw_inputs) {
    raw_cutter.Cut(range, &raw_inputs_.emplace_back());
  }
  return absl::OkStatus();
}

}  // namespace sconce
