// ByteCursor: takes the bytes of a tensor range by range, without a copy.
#ifndef SERVER_TENSOR_BYTE_CURSOR_H_
#define SERVER_TENSOR_BYTE_CURSOR_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

#include "server/tensor/byte_chunks.h"

namespace sconce {

// One thread at a time.
class ByteCursor {
 public:
  // Begins with the first byte. `bytes` is borrowed and outlives it.
  explicit ByteCursor(const ByteChunks& bytes) : left_(bytes.chunks()) {}

  // Appends the next `size` bytes to `out`. REQUIRES: there are as many.
  void Take(size_t size, ByteChunks* out);

 private:
  absl::Span<const absl::Span<const uint8_t>> left_;
  size_t taken_ = 0;  // of the first one
};

}  // namespace sconce

#endif  // SERVER_TENSOR_BYTE_CURSOR_H_
