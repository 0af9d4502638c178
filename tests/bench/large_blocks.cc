#include "tests/bench/large_blocks.h"

#include <malloc.h>

namespace sconce::bench {

void KeepLargeBlocks() {
  constexpr int kGibibyte = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, kGibibyte);
  mallopt(M_TRIM_THRESHOLD, kGibibyte);
  mallopt(M_TOP_PAD, 64 << 20);
}

}  // namespace sconce::bench
