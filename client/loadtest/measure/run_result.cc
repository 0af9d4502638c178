#include "client/loadtest/measure/run_result.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace sconce::load {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::chrono::nanoseconds kMostLag = std::chrono::milliseconds(1);

int64_t SentOf(const Counts& counts) {
  int64_t sent = 0;
  for (const auto& [code, count] : counts.codes) sent += count;
  return sent;
}

// However few were sent: what rests on little must not pass as believable.
std::optional<std::string> Lateness(const RunResult& result) {
  const std::chrono::nanoseconds slo = result.setup.slo;
  const bool of_slo = slo > slo.zero() && slo / 100 < kMostLag;
  const auto limit = of_slo ? slo / 100 : kMostLag;
  const auto lag = result.record.send_lag.RoughQuantile(0.99);
  if (lag <= limit) return std::nullopt;
  return absl::StrFormat(
      "the client was late: send lag p99 is %.3g ms, above %s%.3g ms; ask for "
      "fewer requests a second, give more --connections, or run it on a "
      "quieter machine or one of its own",
      Milliseconds(lag).count(), of_slo ? "1 % of the SLO, " : "",
      Milliseconds(limit).count());
}

std::optional<std::string> Unsent(const Counts& counts) {
  if (counts.unsent == 0) return std::nullopt;
  const int64_t offered = counts.unsent + SentOf(counts);
  return absl::StrFormat(
      "%d of %d requests were due and not sent (%.3g %%): as many as "
      "--max-outstanding allows were under way, or the client could not keep "
      "up; ask for fewer requests a second, or allow more",
      counts.unsent, offered, 100.0 * counts.unsent / offered);
}

}  // namespace

std::vector<std::string> VoidReasons(const RunResult& result) {
  std::vector<std::string> reasons;
  if (result.setup.mode != "open") return reasons;
  if (const auto late = Lateness(result)) reasons.push_back(*late);
  if (const auto some = Unsent(result.record.total)) reasons.push_back(*some);
  return reasons;
}

}  // namespace sconce::load
