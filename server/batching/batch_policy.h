// The batching decision, as pure functions of a snapshot.
#ifndef SERVER_BATCHING_BATCH_POLICY_H_
#define SERVER_BATCHING_BATCH_POLICY_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

#include "server/base/clock.h"

namespace sconce {

// Which bucket an idle lane serves next: the one whose oldest request has
// waited longest, so that no shape starves another. `oldest[i]` is when the
// head of bucket i was queued. REQUIRES: !oldest.empty().
size_t ChooseBucket(absl::Span<const MonoTime> oldest);

// A batch while it is filled.
struct BatchFill {
  size_t requests = 0;
  int64_t rows = 0;
};

// Whether a batch takes the next request of its bucket, of `next_rows` rows.
// The first one always; others while the rows fit `max_rows`, where 0 means
// that requests are not merged. Work-conserving: there is no waiting for more.
bool TakesNext(const BatchFill& fill, int64_t next_rows, int64_t max_rows);

}  // namespace sconce

#endif  // SERVER_BATCHING_BATCH_POLICY_H_
