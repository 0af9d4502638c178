#include "client/loadtest/search/rate_run.h"

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sconce::load {

std::string Timestamp() {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(),
                          absl::UTCTimeZone());
}

}  // namespace sconce::load
