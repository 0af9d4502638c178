// Why a request leaves a queue without a run: the statuses of all schedulers.
#ifndef SERVER_BATCHING_REFUSALS_H_
#define SERVER_BATCHING_REFUSALS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sconce {

// DEADLINE_EXCEEDED
absl::Status ExpiredWhileQueued(absl::string_view model);

// CANCELLED
absl::Status CancelledWhileQueued(absl::string_view model);

// RESOURCE_EXHAUSTED
absl::Status QueueFull(absl::string_view model, int64_t max_queue_size);

}  // namespace sconce

#endif  // SERVER_BATCHING_REFUSALS_H_
