// When a failed call is sent again.
#ifndef CLIENT_CPP_SRC_RETRY_H_
#define CLIENT_CPP_SRC_RETRY_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "client/cpp/src/mutex.h"
#include "sconce/client_options.h"

namespace sconce {
inline namespace client {

struct FailedAttempt {
  absl::StatusCode code = absl::StatusCode::kUnavailable;
  int attempts = 1;                     // made so far
  std::optional<std::string> pushback;  // grpc-retry-pushback-ms, as sent
  absl::Duration left = absl::InfiniteDuration();  // until the deadline
};

// How long to wait before the next attempt, or nothing when there must be none.
// `random`, from [0, 1), spreads clients that failed together. Pure.
std::optional<absl::Duration> RetryDelay(const RetryPolicy& policy,
                                         const FailedAttempt& failed,
                                         double random);

// Keeps retries from multiplying the load of a server that is in trouble, as
// gRPC's own throttling does (gRFC A6): every failure takes a token, every good
// answer gives back a tenth, and half of the tokens have to be left for a
// retry. Thread-safe.
class RetryBudget {
 public:
  void RecordAnswer() ABSL_LOCKS_EXCLUDED(mu_);

  // Takes a token. Returns whether a retry is allowed.
  bool RecordFailure() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  static constexpr int kMost = 1000;

  Mutex mu_;
  int tenths_ ABSL_GUARDED_BY(mu_) = kMost;  // of a token
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_RETRY_H_
