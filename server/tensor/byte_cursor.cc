#include "server/tensor/byte_cursor.h"

#include <algorithm>

namespace sconce {

void ByteCursor::Take(size_t size, ByteChunks* out) {
  while (size > 0) {
    const absl::Span<const uint8_t> chunk = left_.front().subspan(taken_);
    const size_t here = std::min(size, chunk.size());
    out->Append(chunk.first(here));
    size -= here;
    taken_ += here;
    if (here == chunk.size()) {
      left_.remove_prefix(1);
      taken_ = 0;
    }
  }
}

}  // namespace sconce
