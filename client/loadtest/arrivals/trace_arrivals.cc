#include "client/loadtest/arrivals/trace_arrivals.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sconce::load {
namespace {

// Of a trace with a single arrival, which has no gaps.
constexpr std::chrono::seconds kLengthOfOne(1);

std::chrono::nanoseconds DueOf(const TraceLine& line, double speed) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(line.seconds / speed));
}

absl::Status CheckEntry(const std::string& path, const TraceLine& line,
                        absl::Span<const std::string> entries) {
  if (line.entry.empty() ||
      std::find(entries.begin(), entries.end(), line.entry) != entries.end()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("trace \"", path, "\", line ", line.number, ": entry \"",
                   line.entry, "\" is not in the mix; it has \"",
                   absl::StrJoin(entries, "\", \""), "\""));
}

}  // namespace

absl::StatusOr<TraceSummary> TraceArrivals::Check(
    const std::string& path, double speed,
    absl::Span<const std::string> entries) {
  TraceReader reader(path);
  TraceSummary summary;
  while (true) {
    const auto line = reader.Next();
    if (!line.ok()) return line.status();
    if (!*line) break;
    const absl::Status known = CheckEntry(path, **line, entries);
    if (!known.ok()) return known;
    ++summary.arrivals;
    summary.last = DueOf(**line, speed);
  }
  if (summary.arrivals == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("trace \"", path, "\" has no line below its header"));
  }
  // A trace may have all of its arrivals at one time.
  summary.length =
      summary.last == summary.last.zero()
          ? kLengthOfOne
          : summary.last +
                summary.last / std::max<int64_t>(1, summary.arrivals - 1);
  return summary;
}

TraceArrivals::TraceArrivals(const std::string& path, double speed)
    : speed_(speed), reader_(path) {}

std::optional<Arrival> TraceArrivals::Next() {
  auto line = reader_.Next();
  if (!line.ok() || !*line) return std::nullopt;
  return Arrival{.due = DueOf(**line, speed_),
                 .entry = std::move((*line)->entry)};
}

}  // namespace sconce::load
