#include "client/loadtest/search/find_max.h"

#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "client/loadtest/search/run_verdict.h"

namespace sconce::load {
namespace {

// Past 2^24 times the first rate nothing is being measured, and nothing below
// 1/1024 of it either: give another first rate.
constexpr int kMostDoublings = 24;
constexpr int kMostHalvings = 10;
constexpr int kMostConfirmations = 10;

std::string PerSecond(double rate) { return absl::StrFormat("%.4g/s", rate); }

class Search {
 public:
  Search(const FindMaxOptions& options, const RateRun& run)
      : options_(options), run_(run) {
    result_.sweep.started = Timestamp();
  }

  FindMaxResult Go() {
    if (Bracket() && Narrow()) Confirm();
    return std::move(result_);
  }

 private:
  // One run; nothing when the search is to end.
  std::optional<bool> Try(double rate) {
    auto& runs = result_.sweep.runs;
    runs.push_back(run_(rate));
    const RunVerdict verdict = JudgeRun(runs.back());
    if (runs.back().interrupted) {
      result_.sweep.interrupted = true;
      return Stop(absl::StrCat("interrupted; ", Known()));
    }
    // With a lower rate there would be fewer still.
    if (!verdict.is_known && !met_) return Stop(verdict.reason);
    if (verdict.met) {
      met_ = rate;
    } else {
      missed_ = rate;
      missed_for_ = verdict;
    }
    return verdict.met;
  }

  // Finds a rate that is met and one that is not.
  bool Bracket() {
    double rate = options_.first_rate;
    for (int i = 0; i <= kMostDoublings; ++i) {
      const auto met = Try(rate);
      if (!met) return false;
      if (!*met) return met_ || HalveFrom(rate);
      rate *= 2;
    }
    return End(absl::StrCat("every rate was met up to ", PerSecond(*met_),
                            "; begin with a higher --rate"));
  }

  bool HalveFrom(double rate) {
    for (int i = 0; i < kMostHalvings; ++i) {
      rate /= 2;
      const auto met = Try(rate);
      if (!met || *met) return met.has_value();
    }
    return End(absl::StrCat("no rate was met, down to ", PerSecond(rate), ": ",
                            missed_for_.reason));
  }

  // Divides the gap at its geometric mean.
  bool Narrow() {
    while (*missed_ / *met_ > 1 + options_.precision) {
      if (!Try(std::sqrt(*met_ * *missed_))) return false;
    }
    return true;
  }

  void Confirm() {
    double rate = *met_;
    int held = 1;
    for (int i = 0; i < kMostConfirmations; ++i) {
      const auto met = Try(rate);
      if (!met) return;
      if (*met && ++held == 2) return Found(rate);
      if (*met) continue;
      rate /= 1 + options_.precision;
      held = 0;
    }
    End(absl::StrCat("no rate held when it was run again, down to ",
                     PerSecond(rate), ": ", missed_for_.reason));
  }

  void Found(double rate) {
    result_.found = {rate, result_.sweep.runs.size() - 1};
    result_.client_was_the_limit = missed_for_.is_void;
    result_.reason =
        absl::StrCat(PerSecond(rate), " was met twice; not met at ",
                     PerSecond(*missed_), ": ", missed_for_.reason);
  }

  std::string Known() const {
    return absl::StrCat(met_ ? PerSecond(*met_) : "no rate", " was met, ",
                        missed_ ? PerSecond(*missed_) : "none", " was not");
  }

  bool End(std::string reason) {
    result_.reason = std::move(reason);
    return false;
  }

  std::nullopt_t Stop(std::string reason) {
    End(std::move(reason));
    return std::nullopt;
  }

  const FindMaxOptions options_;
  const RateRun& run_;
  FindMaxResult result_;
  std::optional<double> met_;     // the latest
  std::optional<double> missed_;  // the latest
  RunVerdict missed_for_;
};

}  // namespace

FindMaxResult FindMax(const FindMaxOptions& options, const RateRun& run) {
  return Search(options, run).Go();
}

}  // namespace sconce::load
