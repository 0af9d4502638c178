#include "client/loadtest/arrivals/rate_profile.h"

#include <cmath>
#include <utility>

namespace sconce::load {
namespace {

constexpr RateProfile::Seconds kAnyLength(1);

}  // namespace

RateProfile::RateProfile(Stretches once, Stretches cycle)
    : once_(std::move(once)), cycle_(std::move(cycle)) {}

RateProfile RateProfile::Constant(double rate) {
  return RateProfile({}, {{kAnyLength, rate, rate}});
}

RateProfile RateProfile::Steps(const std::vector<double>& rates,
                               Seconds length) {
  Stretches steps;
  for (const double rate : rates) {
    steps.push_back({length / static_cast<double>(rates.size()), rate, rate});
  }
  return RateProfile(steps, {{kAnyLength, rates.back(), rates.back()}});
}

RateProfile RateProfile::Ramp(double from, double to, Seconds length) {
  return RateProfile({{length, from, to}}, {{kAnyLength, to, to}});
}

RateProfile RateProfile::Bursts(double high, double low, Seconds on,
                                Seconds off) {
  return RateProfile({}, {{on, high, high}, {off, low, low}});
}

RateProfile RateProfile::After(Seconds lead) const {
  const double rate = once_.empty() ? CountOf(cycle_) / LengthOf(cycle_).count()
                                    : once_.front().from;
  Stretches once = {{lead, rate, rate}};
  once.insert(once.end(), once_.begin(), once_.end());
  return RateProfile(std::move(once), cycle_);
}

double RateProfile::RateAt(Seconds time) const {
  const Stretches* stretches = &once_;
  if (time >= LengthOf(once_)) {
    time -= LengthOf(once_);
    time = Seconds(std::fmod(time.count(), LengthOf(cycle_).count()));
    stretches = &cycle_;
  }
  for (const Stretch& part : *stretches) {
    if (time < part.length) {
      return part.from + (part.to - part.from) * (time / part.length);
    }
    time -= part.length;
  }
  return stretches->back().to;  // rounding led past the end
}

double RateProfile::CountAt(Seconds time) const {
  const Seconds begin = LengthOf(once_);
  if (time < begin) return CountIn(once_, time);
  const double cycles = std::floor((time - begin) / LengthOf(cycle_));
  return CountOf(once_) + cycles * CountOf(cycle_) +
         CountIn(cycle_, time - begin - cycles * LengthOf(cycle_));
}

std::optional<RateProfile::Seconds> RateProfile::TimeOf(double count) const {
  const double before = CountOf(once_);
  if (count <= before) return TimeIn(once_, count);
  const double each = CountOf(cycle_);
  if (each <= 0) return std::nullopt;
  const double cycles = std::floor((count - before) / each);
  return LengthOf(once_) + cycles * LengthOf(cycle_) +
         TimeIn(cycle_, count - before - cycles * each);
}

RateProfile::Seconds RateProfile::LengthOf(const Stretches& stretches) {
  Seconds length{0};
  for (const Stretch& part : stretches) length += part.length;
  return length;
}

double RateProfile::CountOf(const Stretches& stretches) {
  double count = 0;
  for (const Stretch& part : stretches) count += part.count();
  return count;
}

double RateProfile::CountIn(const Stretches& stretches, Seconds time) {
  double count = 0;
  for (const Stretch& part : stretches) {
    if (time < part.length) {
      const double slope = (part.to - part.from) / part.length.count();
      return count + time.count() * (part.from + slope * time.count() / 2);
    }
    count += part.count();
    time -= part.length;
  }
  return count;
}

RateProfile::Seconds RateProfile::TimeIn(const Stretches& stretches,
                                         double count) {
  Seconds begin{0};
  for (const Stretch& part : stretches) {
    if (count > part.count()) {
      count -= part.count();
      begin += part.length;
      continue;
    }
    if (count <= 0) return begin;
    // The root of from t + slope t²/2 = count, without a difference of numbers
    // that are nearly equal.
    const double slope = (part.to - part.from) / part.length.count();
    const double root =
        std::sqrt(std::fmax(0, part.from * part.from + 2 * slope * count));
    return begin + Seconds(2 * count / (part.from + root));
  }
  return begin;
}

}  // namespace sconce::load
