#include "server/batching/batch_policy.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace sconce {
namespace {

// What a batch that waits of its own choice keeps in hand for the way back to
// the client, whose clock began before the server's: a twentieth of the time
// that the deadline left, within these bounds.
constexpr int kWayBackShare = 20;
constexpr MonoDuration kLeastWayBack = std::chrono::milliseconds(5);
constexpr MonoDuration kMostWayBack = std::chrono::milliseconds(100);

// A batch while it is filled.
class Fill {
 public:
  Fill(absl::Span<const WaitingRequest> waiting, int64_t max_rows)
      : waiting_(waiting), max_rows_(max_rows) {}

  // Whether request `i` became part of it; the first one always does.
  bool Take(size_t i) {
    const WaitingRequest& request = waiting_[i];
    if (!taken_.empty()) {
      const bool alone = max_rows_ == 0 || !request.stackable ||
                         !waiting_[taken_.front()].stackable;
      if (alone || rows_ + request.rows > max_rows_) return false;
    }
    taken_.push_back(i);
    rows_ += request.rows;
    first_deadline_ = std::min(first_deadline_, request.deadline);
    return true;
  }

  bool ends_in_time(const LatencyModel& latencies, MonoTime now) const {
    const auto took = latencies.Of(rows_);
    return !took || first_deadline_ - now >= took->typical;
  }

  int64_t rows() const { return rows_; }
  MonoTime first_deadline() const { return first_deadline_; }
  const absl::InlinedVector<size_t, 16>& taken() const { return taken_; }

 private:
  absl::Span<const WaitingRequest> waiting_;
  int64_t max_rows_;
  absl::InlinedVector<size_t, 16> taken_;
  int64_t rows_ = 0;
  MonoTime first_deadline_ = kNoDeadline;
};

// From the front, without those whose deadline is before `earliest`.
Fill FillFromFront(absl::Span<const WaitingRequest> waiting, int64_t max_rows,
                   MonoTime earliest) {
  Fill fill(waiting, max_rows);
  for (size_t i = 0; i < waiting.size(); ++i) {
    if (waiting[i].deadline < earliest) continue;
    if (!fill.Take(i)) break;
  }
  return fill;
}

// As many from the front as end in time; all of them when not even one does,
// since it may be faster than it usually is.
Fill Shrink(absl::Span<const WaitingRequest> waiting, const Fill& full,
            int64_t max_rows, const LatencyModel& latencies, MonoTime now) {
  Fill best = full;
  bool found = false;
  Fill fill(waiting, max_rows);
  for (const size_t i : full.taken()) {
    fill.Take(i);
    if (!fill.ends_in_time(latencies, now)) continue;
    best = fill;
    found = true;
  }
  return found ? best : full;
}

Fill InTime(absl::Span<const WaitingRequest> waiting, int64_t max_rows,
            const LatencyModel& latencies, MonoTime now) {
  const Fill full = FillFromFront(waiting, max_rows, MonoTime::min());
  if (full.ends_in_time(latencies, now)) return full;
  const auto took = latencies.Of(full.rows());
  const Fill others = FillFromFront(waiting, max_rows, now + took->typical);
  if (others.rows() >= full.rows()) return others;
  return Shrink(waiting, full, max_rows, latencies, now);
}

// The largest batch that need not wait for more; nothing: it has to.
std::optional<size_t> CountWithoutDelay(
    absl::Span<const WaitingRequest> waiting, const Fill& fill,
    int64_t max_rows, const BatchRules& rules) {
  const size_t count = fill.taken().size();
  if (max_rows == 0 || fill.rows() >= max_rows ||
      fill.taken().back() + 1 < waiting.size()) {
    return count;  // full, or the next one does not fit
  }
  std::optional<size_t> preferred;
  int64_t rows = 0;
  for (size_t n = 0; n < count; ++n) {
    rows += waiting[fill.taken()[n]].rows;
    if (std::binary_search(rules.preferred_rows.begin(),
                           rules.preferred_rows.end(), rows)) {
      preferred = n + 1;
    }
  }
  return preferred;
}

// When a batch that may wait for more has to start.
MonoTime LatestStart(absl::Span<const WaitingRequest> waiting, const Fill& fill,
                     const BatchRules& rules, const LatencyModel& latencies) {
  const MonoTime patience =
      waiting[fill.taken().front()].enqueued + rules.max_delay;
  if (fill.first_deadline() == kNoDeadline) return patience;
  const auto took = latencies.Of(rules.max_rows);
  const MonoDuration left =
      fill.first_deadline() - waiting[fill.taken().front()].enqueued;
  const MonoDuration way_back =
      std::clamp(left / kWayBackShare, kLeastWayBack, kMostWayBack);
  return std::min(patience, fill.first_deadline() - way_back -
                                took.value_or(LatencyEstimate()).most);
}

}  // namespace

int64_t RowLimit(const BatchRules& rules, const LatencyModel& latencies) {
  if (rules.max_rows == 0) return 0;
  const int64_t max_rows = rules.max_delay == MonoDuration::zero()
                               ? latencies.WorthwhileRows(rules.max_rows)
                               : rules.max_rows;  // larger ones are asked for
  if (rules.slo == MonoDuration::zero()) return max_rows;
  int64_t fits = 1;
  int64_t limit = max_rows + 1;  // the first that does not
  while (limit - fits > 1) {
    const int64_t rows = fits + (limit - fits) / 2;
    const auto took = latencies.Of(rows);
    (!took || 2 * took->most <= rules.slo ? fits : limit) = rows;
  }
  return fits;
}

BatchChoice ChooseBatch(absl::Span<const WaitingRequest> waiting,
                        const BatchRules& rules, const LatencyModel& latencies,
                        MonoTime now) {
  BatchChoice choice;
  if (waiting.empty()) return choice;
  const int64_t max_rows = RowLimit(rules, latencies);
  const Fill fill = InTime(waiting, max_rows, latencies, now);
  choice.taken = fill.taken();
  if (rules.max_delay == MonoDuration::zero()) return choice;
  const MonoTime start = LatestStart(waiting, fill, rules, latencies);
  if (now >= start) return choice;
  const auto count = CountWithoutDelay(waiting, fill, max_rows, rules);
  choice.taken.resize(count.value_or(0));
  if (!count) choice.look_again = start;
  return choice;
}

bool IsHopeless(const WaitingRequest& request, const LatencyModel& latencies,
                MonoTime now) {
  if (request.deadline == kNoDeadline) return false;
  const auto took = latencies.Of(request.rows);
  return took && request.deadline - now < took->least;
}

bool GoesBefore(const BucketHead& a, const BucketHead& b) {
  return std::tie(a.priority, a.order) < std::tie(b.priority, b.order);
}

}  // namespace sconce
