// When a refused request may be sent again, as part of its status.
#ifndef SERVER_CORE_RETRY_AFTER_H_
#define SERVER_CORE_RETRY_AFTER_H_

#include <optional>

#include "absl/status/status.h"

#include "server/base/clock.h"

namespace sconce {

// The status, with the advice to wait for that long. REQUIRES: !status.ok().
absl::Status WithRetryAfter(absl::Status status, MonoDuration wait);

// The status, with the advice that it is of no use to send the same again.
// REQUIRES: !status.ok().
absl::Status WithoutRetry(absl::Status status);

// What WithRetryAfter() added, in whole milliseconds, rounded up; negative:
// WithoutRetry().
std::optional<std::chrono::milliseconds> RetryAfter(const absl::Status& status);

}  // namespace sconce

#endif  // SERVER_CORE_RETRY_AFTER_H_
