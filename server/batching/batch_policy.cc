#include "server/batching/batch_policy.h"

#include <algorithm>

namespace sconce {

size_t ChooseBucket(absl::Span<const MonoTime> oldest) {
  return static_cast<size_t>(std::min_element(oldest.begin(), oldest.end()) -
                             oldest.begin());
}

bool TakesNext(const BatchFill& fill, int64_t next_rows, int64_t max_rows) {
  if (fill.requests == 0) return true;
  return max_rows > 0 && fill.rows + next_rows <= max_rows;
}

}  // namespace sconce
