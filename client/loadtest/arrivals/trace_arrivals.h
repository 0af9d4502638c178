// TraceArrivals: arrivals as a file has them.
#ifndef CLIENT_LOADTEST_ARRIVALS_TRACE_ARRIVALS_H_
#define CLIENT_LOADTEST_ARRIVALS_TRACE_ARRIVALS_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "client/loadtest/arrivals/arrival_process.h"
#include "client/loadtest/arrivals/trace_reader.h"

namespace sconce::load {

// What a trace has, replayed at its speed.
struct TraceSummary {
  int64_t arrivals = 0;                // 1 at least
  std::chrono::nanoseconds last{0};    // when the last one is due
  std::chrono::nanoseconds length{0};  // and the mean gap after it
};

// Reads the file while it is replayed: memory does not grow with its length.
// One thread at a time.
class TraceArrivals final : public ArrivalProcess {
 public:
  // Reads the whole file once, so that a fault is found before the load begins
  // and not in the middle of it. `speed`: 2 replays it in half of the time.
  // INVALID_ARGUMENT names the line; an entry has to be one of `entries`.
  static absl::StatusOr<TraceSummary> Check(
      const std::string& path, double speed,
      absl::Span<const std::string> entries);

  // REQUIRES: Check() found no fault.
  TraceArrivals(const std::string& path, double speed);

  // What was changed into a fault meanwhile ends the trace.
  std::optional<Arrival> Next() override;

 private:
  const double speed_;
  TraceReader reader_;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_ARRIVALS_TRACE_ARRIVALS_H_
