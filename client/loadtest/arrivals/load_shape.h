// LoadShape: which arrivals were asked for.
#ifndef CLIENT_LOADTEST_ARRIVALS_LOAD_SHAPE_H_
#define CLIENT_LOADTEST_ARRIVALS_LOAD_SHAPE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "client/loadtest/arrivals/arrival_process.h"
#include "client/loadtest/arrivals/profiled_arrivals.h"

namespace sconce::load {

struct ConstantRate {
  double rate = 100;
};

struct RateSteps {
  std::vector<double> rates;  // not empty
};

struct RateRamp {
  double from = 0;
  double to = 0;
};

struct RateBursts {
  double high = 0;
  double on_seconds = 0;
  double off_seconds = 0;
  double low = 0;
};

struct TraceFile {
  std::string path;
  double speed = 1;
};

struct LoadShape {
  std::variant<ConstantRate, RateSteps, RateRamp, RateBursts, TraceFile> kind;
  Spacing spacing = Spacing::kPoisson;  // of all but the trace

  bool is_trace() const { return std::holds_alternative<TraceFile>(kind); }
};

// "poisson 100/s", "constant 10/s to 20/s", "trace day.csv at 2 times its
// speed": as the report names it.
std::string NameOf(const LoadShape& shape);

// A new process for one load, which depends on the arguments alone. Its warm-up
// has the rate of the begin, but for a trace, which just begins; `window` is
// what steps and ramps are spread over. REQUIRES: a trace was checked.
std::unique_ptr<ArrivalProcess> MakeArrivals(const LoadShape& shape,
                                             std::chrono::nanoseconds warmup,
                                             std::chrono::nanoseconds window,
                                             uint64_t seed);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_ARRIVALS_LOAD_SHAPE_H_
