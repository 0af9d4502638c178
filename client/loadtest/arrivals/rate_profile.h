// RateProfile: how many requests a second a load offers, over time.
#ifndef CLIENT_LOADTEST_ARRIVALS_RATE_PROFILE_H_
#define CLIENT_LOADTEST_ARRIVALS_RATE_PROFILE_H_

#include <chrono>
#include <optional>
#include <vector>

namespace sconce::load {

// A rate that changes linearly within stretches of time. Immutable.
class RateProfile {
 public:
  using Seconds = std::chrono::duration<double>;

  // Rates are not negative, lengths positive.
  static RateProfile Constant(double rate);
  // Each rate for an equal part of `length`, the last one ever after.
  static RateProfile Steps(const std::vector<double>& rates, Seconds length);
  // Evenly from one to the other over `length`, the last one ever after.
  static RateProfile Ramp(double from, double to, Seconds length);
  // `high` for the time `on`, `low` for the time `off`, and again.
  static RateProfile Bursts(double high, double low, Seconds on, Seconds off);

  // The same, later by `lead`, which has the first rate; where the profile
  // repeats itself, its mean rate.
  RateProfile After(Seconds lead) const;

  double RateAt(Seconds time) const;

  // The requests from 0 to `time`: the integral of the rate.
  double CountAt(Seconds time) const;

  // The first time at which CountAt is `count`; nothing when it never is.
  std::optional<Seconds> TimeOf(double count) const;

 private:
  struct Stretch {
    Seconds length;
    double from;
    double to;
    double count() const { return length.count() * (from + to) / 2; }
  };
  using Stretches = std::vector<Stretch>;

  RateProfile(Stretches once, Stretches cycle);

  static Seconds LengthOf(const Stretches& stretches);
  static double CountOf(const Stretches& stretches);
  static double CountIn(const Stretches& stretches, Seconds time);
  static Seconds TimeIn(const Stretches& stretches, double count);

  Stretches once_;   // from 0
  Stretches cycle_;  // and then this for ever; not empty
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_ARRIVALS_RATE_PROFILE_H_
