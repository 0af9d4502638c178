#include "client/loadtest/arrivals/load_shape.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "client/loadtest/arrivals/rate_profile.h"
#include "client/loadtest/arrivals/trace_arrivals.h"

namespace sconce::load {
namespace {

using Seconds = RateProfile::Seconds;

// Gives the name of each kind of rate.
struct Namer {
  std::string operator()(const ConstantRate& kind) const {
    return absl::StrCat(kind.rate, "/s");
  }
  std::string operator()(const RateSteps& kind) const {
    return absl::StrCat("steps ", absl::StrJoin(kind.rates, ", "), "/s");
  }
  std::string operator()(const RateRamp& kind) const {
    return absl::StrCat("ramp ", kind.from, "/s to ", kind.to, "/s");
  }
  std::string operator()(const RateBursts& kind) const {
    return absl::StrCat("bursts ", kind.high, "/s for ", kind.on_seconds,
                        " s, ", kind.low, "/s for ", kind.off_seconds, " s");
  }
  std::string operator()(const TraceFile& kind) const {
    const std::string name = absl::StrCat("trace ", kind.path);
    if (kind.speed == 1) return name;
    return absl::StrCat(name, " at ", kind.speed, " times its speed");
  }
};

// Gives the profile of each kind of rate.
struct Profiler {
  Seconds window;

  RateProfile operator()(const ConstantRate& kind) const {
    return RateProfile::Constant(kind.rate);
  }
  RateProfile operator()(const RateSteps& kind) const {
    return RateProfile::Steps(kind.rates, window);
  }
  RateProfile operator()(const RateRamp& kind) const {
    return RateProfile::Ramp(kind.from, kind.to, window);
  }
  RateProfile operator()(const RateBursts& kind) const {
    return RateProfile::Bursts(kind.high, kind.low, Seconds(kind.on_seconds),
                               Seconds(kind.off_seconds));
  }
  RateProfile operator()(const TraceFile& /*kind*/) const {
    return RateProfile::Constant(0);  // it has no profile
  }
};

}  // namespace

std::string NameOf(const LoadShape& shape) {
  const std::string kind = std::visit(Namer(), shape.kind);
  if (shape.is_trace()) return kind;
  return absl::StrCat(
      shape.spacing == Spacing::kPoisson ? "poisson " : "constant ", kind);
}

std::unique_ptr<ArrivalProcess> MakeArrivals(const LoadShape& shape,
                                             std::chrono::nanoseconds warmup,
                                             std::chrono::nanoseconds window,
                                             uint64_t seed) {
  if (const auto* trace = std::get_if<TraceFile>(&shape.kind)) {
    return std::make_unique<TraceArrivals>(trace->path, trace->speed);
  }
  RateProfile profile = std::visit(Profiler{Seconds(window)}, shape.kind);
  if (warmup.count() > 0) profile = profile.After(Seconds(warmup));
  return std::make_unique<ProfiledArrivals>(profile, shape.spacing, seed);
}

}  // namespace sconce::load
