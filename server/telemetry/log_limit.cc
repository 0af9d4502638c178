#include "server/telemetry/log_limit.h"

#include <utility>

namespace sconce {

std::optional<int> LogLimit::Take(MonoTime now) {
  MutexLock lock(&mu_);
  if (last_ && now - *last_ < period_) {
    ++left_out_;
    return std::nullopt;
  }
  last_ = now;
  return std::exchange(left_out_, 0);
}

}  // namespace sconce
