#include "client/loadtest/arrivals/profiled_arrivals.h"

#include <cmath>
#include <utility>

namespace sconce::load {
namespace {

// Three decades: longer than any load, and it fits into nanoseconds.
constexpr RateProfile::Seconds kForEver(1e9);

}  // namespace

// Even arrivals stand in the middle of their share of the time: the number
// within a window then does not hang on how its end is rounded.
ProfiledArrivals::ProfiledArrivals(RateProfile profile, Spacing spacing,
                                   uint64_t seed)
    : profile_(std::move(profile)),
      spacing_(spacing),
      generator_(seed),
      reached_(spacing == Spacing::kConstant ? -0.5 : 0) {}

std::optional<Arrival> ProfiledArrivals::Next() {
  reached_ += NextGap();
  const auto time = profile_.TimeOf(reached_);
  if (!time || *time > kForEver) return std::nullopt;
  return Arrival{
      .due = std::chrono::duration_cast<std::chrono::nanoseconds>(*time)};
}

double ProfiledArrivals::NextGap() {
  if (spacing_ == Spacing::kConstant) return 1;
  // std::exponential_distribution differs between libraries.
  const double uniform = std::ldexp(static_cast<double>(generator_() >> 11),
                                    -53);  // in [0, 1)
  return -std::log1p(-uniform);
}

}  // namespace sconce::load
