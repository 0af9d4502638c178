#include "client/loadtest/report/slo_verdict.h"

#include <cmath>

#include "client/loadtest/report/request_counts.h"

namespace sconce::load {
namespace {

constexpr double kEnough = 100;
constexpr double kNormal95 = 1.645;

// Where the true share lies of which `part` of `all` is a sample: the middle of
// Wilson's interval and how far it goes to either side.
struct Interval {
  double middle;
  double half;
};

Interval WilsonInterval(double part, double all) {
  const double z2 = kNormal95 * kNormal95;
  const double share = part / all;
  const double spread =
      std::sqrt(share * (1 - share) / all + z2 / (4 * all * all));
  return {(share + z2 / (2 * all)) / (1 + z2 / all),
          kNormal95 * spread / (1 + z2 / all)};
}

// Whether `allowed` of all requests at most are bad ones.
std::optional<bool> Verdict(double bad, double all, double allowed) {
  if (all == 0) return std::nullopt;
  const double may_be_bad = all * allowed + 1e-6;
  if (allowed <= 0 || may_be_bad >= kEnough) return bad <= may_be_bad;
  const Interval interval = WilsonInterval(bad, all);
  if (interval.middle + interval.half <= allowed) return true;
  if (interval.middle - interval.half > allowed) return false;
  return std::nullopt;
}

}  // namespace

std::optional<bool> SloVerdict(const RunSetup& setup, const Counts& counts) {
  if (setup.slo == setup.slo.zero()) return std::nullopt;
  const RequestCounts requests = CountRequests(counts);
  const double all = requests.offered;
  const double bad = requests.offered - requests.good;
  const auto found = counts.codes.find("CANCELLED");
  const double cancelled = found == counts.codes.end() ? 0 : found->second;
  const double allowed = 1 - setup.slo_percentile / 100;
  const auto at_worst = Verdict(bad, all, allowed);
  const auto at_best = Verdict(bad - cancelled, all, allowed);
  return at_worst == at_best ? at_worst : std::nullopt;
}

}  // namespace sconce::load
