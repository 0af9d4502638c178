// LogLimit: keeps what others can cause as often as they like from filling the
// log.
#ifndef SERVER_TELEMETRY_LOG_LIMIT_H_
#define SERVER_TELEMETRY_LOG_LIMIT_H_

#include <chrono>
#include <optional>

#include "server/base/clock.h"
#include "server/base/mutex.h"

namespace sconce {

// One event a period. Thread-safe.
class LogLimit {
 public:
  explicit LogLimit(MonoDuration period = std::chrono::seconds(1))
      : period_(period) {}

  // Nothing: an event of that time is to be left out. Else how many were since
  // the last that was not.
  std::optional<int> Take(MonoTime now) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  const MonoDuration period_;

  Mutex mu_;
  std::optional<MonoTime> last_ ABSL_GUARDED_BY(mu_);
  int left_out_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace sconce

#endif  // SERVER_TELEMETRY_LOG_LIMIT_H_
