#include "server/batching/refusals.h"

#include "absl/strings/str_cat.h"

namespace sconce {

absl::Status ExpiredWhileQueued(absl::string_view model) {
  return absl::DeadlineExceededError(
      absl::StrCat("the deadline passed while the request waited for model '",
                   model, "'; it was not run"));
}

absl::Status CancelledWhileQueued(absl::string_view model) {
  return absl::CancelledError(
      absl::StrCat("the request for model '", model,
                   "' was cancelled while it waited; it was not run"));
}

absl::Status QueueFull(absl::string_view model, int64_t max_queue_size) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the queue of model '", model, "' is full: ", max_queue_size,
                   " requests wait, and the limit is ", max_queue_size,
                   "; send slower or try again later"));
}

}  // namespace sconce
