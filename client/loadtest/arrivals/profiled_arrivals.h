// ProfiledArrivals: arrivals at the rate of a profile.
#ifndef CLIENT_LOADTEST_ARRIVALS_PROFILED_ARRIVALS_H_
#define CLIENT_LOADTEST_ARRIVALS_PROFILED_ARRIVALS_H_

#include <cstdint>
#include <optional>
#include <random>

#include "client/loadtest/arrivals/arrival_process.h"
#include "client/loadtest/arrivals/rate_profile.h"

namespace sconce::load {

enum class Spacing {
  kConstant,  // even: as a clock sends
  kPoisson    // independent of each other: as many users send
};

// Arrivals of rate 1, whose times go through the inverse of the integrated
// rate. Endless, unless the rate becomes 0 for ever. The same times for the
// same seed, on every machine. One thread at a time.
class ProfiledArrivals final : public ArrivalProcess {
 public:
  ProfiledArrivals(RateProfile profile, Spacing spacing, uint64_t seed);

  std::optional<Arrival> Next() override;

 private:
  double NextGap();

  const RateProfile profile_;
  const Spacing spacing_;
  std::mt19937_64 generator_;
  double reached_;  // integral of the rate at the arrival before
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_ARRIVALS_PROFILED_ARRIVALS_H_
