#include "client/loadtest/search/run_verdict.h"

#include <optional>

#include "absl/strings/str_cat.h"

#include "client/loadtest/report/slo_verdict.h"

namespace sconce::load {
namespace {

constexpr char kTooFew[] =
    "too few requests to tell; give --duration more time";

std::string NotOk(const Counts& counts) {
  std::string text;
  for (const auto& [code, count] : counts.codes) {
    if (code == "OK" || count == 0) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", count, " ", code);
  }
  return text;
}

std::string WhyNot(const RunResult& result) {
  const Counts& counts = result.record.total;
  if (result.interrupted) return "it was interrupted";
  const auto reasons = VoidReasons(result);
  if (!reasons.empty()) return absl::StrCat("the run is void: ", reasons[0]);
  if (counts.wrong > 0) return absl::StrCat(counts.wrong, " wrong answers");
  const std::string not_ok = NotOk(counts);
  if (!not_ok.empty()) return not_ok;
  const std::optional<bool> slo = SloVerdict(result.setup, counts);
  if (!slo) return kTooFew;
  return *slo ? "" : "the SLO was missed";
}

}  // namespace

RunVerdict JudgeRun(const RunResult& result) {
  std::string reason = WhyNot(result);
  const bool met = reason.empty();
  const bool is_void = !VoidReasons(result).empty();
  return {met, is_void, met || reason != kTooFew, std::move(reason)};
}

}  // namespace sconce::load
