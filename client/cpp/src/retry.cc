#include "client/cpp/src/retry.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"

namespace sconce {
inline namespace client {
namespace {

// Clients that a server sent away together should not come back together.
constexpr double kPushbackSpread = 0.2;

// gRFC A6: what is negative or no number means "do not".
std::optional<absl::Duration> PushbackDelay(const std::string& text,
                                            double random) {
  int64_t milliseconds = 0;
  if (!absl::SimpleAtoi(text, &milliseconds) || milliseconds < 0) {
    return std::nullopt;
  }
  return absl::Milliseconds(milliseconds) * (1 + kPushbackSpread * random);
}

// Between a half and the whole of the step.
absl::Duration Backoff(const RetryPolicy& policy, int attempts, double random) {
  const double factor = std::pow(std::max(1.0, policy.multiplier),
                                 static_cast<double>(attempts - 1));
  return std::min(policy.initial_backoff * factor, policy.max_backoff) *
         (0.5 + 0.5 * random);
}

std::optional<absl::Duration> Delay(const RetryPolicy& policy,
                                    const FailedAttempt& failed,
                                    double random) {
  if (failed.pushback) return PushbackDelay(*failed.pushback, random);
  if (failed.code == absl::StatusCode::kUnavailable) {
    return Backoff(policy, failed.attempts, random);
  }
  return std::nullopt;
}

}  // namespace

std::optional<absl::Duration> RetryDelay(const RetryPolicy& policy,
                                         const FailedAttempt& failed,
                                         double random) {
  if (failed.attempts >= policy.max_attempts) return std::nullopt;
  if (failed.code != absl::StatusCode::kUnavailable &&
      failed.code != absl::StatusCode::kResourceExhausted) {
    return std::nullopt;
  }
  const auto delay = Delay(policy, failed, random);
  if (!delay || *delay >= failed.left) return std::nullopt;
  return delay;
}

void RetryBudget::RecordAnswer() {
  MutexLock lock(&mu_);
  tenths_ = std::min(kMost, tenths_ + 1);
}

bool RetryBudget::RecordFailure() {
  MutexLock lock(&mu_);
  tenths_ = std::max(0, tenths_ - 10);
  return tenths_ > kMost / 2;
}

}  // namespace client
}  // namespace sconce
