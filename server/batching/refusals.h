// Why a request leaves a queue without a run: the statuses of all schedulers.
#ifndef SERVER_BATCHING_REFUSALS_H_
#define SERVER_BATCHING_REFUSALS_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "server/base/clock.h"

namespace sconce {

// DEADLINE_EXCEEDED
absl::Status ExpiredWhileQueued(absl::string_view model);

// CANCELLED
absl::Status CancelledWhileQueued(absl::string_view model);

// RESOURCE_EXHAUSTED
absl::Status QueueFull(absl::string_view model, int64_t max_queue_size);

// RESOURCE_EXHAUSTED: of a request that runs in parts.
absl::Status NoRoomForParts(absl::string_view model, size_t parts,
                            size_t queued, int64_t max_queue_size);

// RESOURCE_EXHAUSTED: the deadline is in `left`, an answer would be in
// `needed`, though nothing came before.
absl::Status TooSlow(absl::string_view model, MonoDuration left,
                     MonoDuration needed);

// RESOURCE_EXHAUSTED: the same because of what came before.
absl::Status TooLate(absl::string_view model, MonoDuration left,
                     MonoDuration needed);

}  // namespace sconce

#endif  // SERVER_BATCHING_REFUSALS_H_
