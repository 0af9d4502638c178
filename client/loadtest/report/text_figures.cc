#include "client/loadtest/report/text_figures.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "client/loadtest/report/slo_verdict.h"

namespace sconce::load {
namespace {

double ToMs(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

std::string MsText(std::optional<std::chrono::nanoseconds> time) {
  return time ? absl::StrFormat("%.3f", ToMs(*time)) : "-";
}

std::string RateText(double count, double seconds) {
  return seconds > 0 ? absl::StrFormat("%.1f", count / seconds) : "-";
}

std::string SloText(const RunSetup& setup) {
  return absl::StrFormat("%g ms for %g %%", ToMs(setup.slo),
                         setup.slo_percentile);
}

std::string VerdictText(const RunResult& result) {
  if (result.setup.slo == result.setup.slo.zero()) return "-";
  const auto met = SloVerdict(result.setup, result.record.total);
  if (!met) return "too few to tell";
  return *met ? "met" : "missed";
}

std::string CpuText(double cpu_seconds, double window_seconds,
                    double requests) {
  std::string text =
      window_seconds > 0
          ? absl::StrFormat("%.2f cores", cpu_seconds / window_seconds)
          : absl::StrFormat("%.2f s", cpu_seconds);
  if (requests > 0) {
    absl::StrAppendFormat(&text, ", %.1f us a request",
                          cpu_seconds * 1e6 / requests);
  }
  return text;
}

std::string PlainText(absl::string_view text) {
  std::string plain(text);
  for (char& c : plain) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = '?';
  }
  return plain;
}

}  // namespace sconce::load
