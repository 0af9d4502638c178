#include "server/batching/refusals.h"

#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

std::string Milliseconds(MonoDuration d) {
  using std::chrono::milliseconds;
  return absl::StrCat(std::chrono::ceil<milliseconds>(d).count(), " ms");
}

}  // namespace

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

absl::Status NoRoomForParts(absl::string_view model, size_t parts,
                            size_t queued, int64_t max_queue_size) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the queue of model '", model, "' has no room for the ",
                   parts, " parts that the request is run in: ", queued,
                   " requests wait, and the limit is ", max_queue_size,
                   "; send fewer rows or try again later"));
}

absl::Status TooSlow(absl::string_view model, MonoDuration left,
                     MonoDuration needed) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "model '", model, "' cannot answer in time: the deadline is in ",
      Milliseconds(left), ", and the request takes up to ",
      Milliseconds(needed),
      " although nothing is ahead of it; allow more time, or send fewer rows"));
}

absl::Status TooLate(absl::string_view model, MonoDuration left,
                     MonoDuration needed) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "model '", model, "' cannot answer in time: the deadline is in ",
      Milliseconds(left),
      ", and with the requests that came before it takes up "
      "to ",
      Milliseconds(needed), "; send slower, try again in ",
      Milliseconds(needed - left), " or allow more time"));
}

}  // namespace sconce
