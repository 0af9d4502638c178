// ByteChunks: a tensor's bytes as they lie in memory, in one or more pieces.
#ifndef SERVER_TENSOR_BYTE_CHUNKS_H_
#define SERVER_TENSOR_BYTE_CHUNKS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"

namespace sconce {

// An ordered list of borrowed byte ranges, read as one sequence. gRPC delivers
// a large message in slices of up to 64 KiB, so a tensor may lie in several.
// Does not own the bytes. Immutable after the last Append().
class ByteChunks {
 public:
  ByteChunks() = default;
  explicit ByteChunks(absl::Span<const uint8_t> bytes) { Append(bytes); }

  void Append(absl::Span<const uint8_t> chunk) {
    if (chunk.empty()) return;
    chunks_.push_back(chunk);
    size_ += chunk.size();
  }

  size_t size() const { return size_; }
  absl::Span<const absl::Span<const uint8_t>> chunks() const { return chunks_; }

  // REQUIRES: `destination` has room for size() bytes.
  void CopyTo(void* destination) const {
    auto* out = static_cast<uint8_t*>(destination);
    for (absl::Span<const uint8_t> chunk : chunks_) {
      std::memcpy(out, chunk.data(), chunk.size());
      out += chunk.size();
    }
  }

  // Whether they are those of `other`.
  bool Equals(absl::Span<const uint8_t> other) const {
    if (size_ != other.size()) return false;
    for (absl::Span<const uint8_t> chunk : chunks_) {
      if (chunk != other.first(chunk.size())) return false;
      other.remove_prefix(chunk.size());
    }
    return true;
  }

  // All bytes in one piece.
  std::string Join() const {
    std::string joined(size_, '\0');
    CopyTo(joined.data());
    return joined;
  }

 private:
  absl::InlinedVector<absl::Span<const uint8_t>, 1> chunks_;
  size_t size_ = 0;
};

}  // namespace sconce

#endif  // SERVER_TENSOR_BYTE_CHUNKS_H_
