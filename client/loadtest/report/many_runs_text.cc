#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "client/loadtest/report/request_counts.h"
#include "client/loadtest/report/text.h"
#include "client/loadtest/report/text_figures.h"
#include "client/loadtest/report/text_table.h"

namespace sconce::load {
namespace {

// Of what is in `cpu_seconds`, as cores.
std::string CoresText(std::optional<double> cpu_seconds, double seconds) {
  if (!cpu_seconds || seconds <= 0) return "-";
  return absl::StrFormat("%.2f", *cpu_seconds / seconds);
}

std::vector<std::string> RunRow(const RunResult& run) {
  const RequestCounts requests = CountRequests(run.record.total);
  const Throughput& came = run.record.throughput;
  const Histogram& latency = run.record.total.latency;
  const double seconds = run.window_seconds;
  return {
      run.setup.rate ? absl::StrFormat("%.4g", *run.setup.rate) : "-",
      RateText(requests.offered, seconds),
      RateText(came.answered, seconds),
      RateText(came.ok, seconds),
      RateText(came.good, seconds),
      RateText(requests.rejected, seconds),
      MsText(latency.Quantile(0.5)),
      MsText(latency.Quantile(0.99)),
      latency.count() > 0 ? MsText(latency.max()) : "-",
      CoresText(run.client_cpu_seconds, seconds),
      CoresText(run.server ? run.server->cpu_seconds : std::nullopt, seconds),
      VerdictText(run),
      VoidReasons(run).empty() ? "" : "VOID"};
}

std::string RunsText(const std::vector<RunResult>& runs,
                     std::optional<size_t> marked) {
  TextTable table;
  table.Add({"", "asked/s", "offered/s", "answered/s", "OK/s", "good/s",
             "rejected/s", "p50 ms", "p99 ms", "max ms", "client cores",
             "server cores", "SLO"});
  for (size_t i = 0; i < runs.size(); ++i) {
    std::vector<std::string> row = RunRow(runs[i]);
    row.insert(row.begin(), absl::StrCat(i + 1, marked == i ? " *" : ""));
    table.Add(std::move(row));
  }
  return table.Text();
}

// Below the table: what makes runs of it void, or wrong.
std::string RemarksText(const SweepResult& sweep) {
  std::string text;
  for (size_t i = 0; i < sweep.runs.size(); ++i) {
    const RunResult& run = sweep.runs[i];
    for (const std::string& reason : VoidReasons(run)) {
      absl::StrAppend(&text, "VOID: run ", i + 1, ": ", reason, "\n");
    }
    if (run.record.total.wrong > 0) {
      absl::StrAppend(
          &text, "WRONG: run ", i + 1, ": ", run.record.total.wrong, " of ",
          run.record.total.checked, " checked answers",
          run.record.faults.empty() ? "" : ", the first: ",
          run.record.faults.empty() ? "" : PlainText(run.record.faults.front()),
          "\n");
    }
  }
  if (sweep.interrupted) absl::StrAppend(&text, "INTERRUPTED\n");
  return text;
}

std::string FoundText(const FindMaxResult& result) {
  const auto& runs = result.sweep.runs;
  const std::string slo =
      runs.empty() ? "the SLO" : SloText(runs.front().setup);
  if (!result.found) {
    return absl::StrCat("no rate was found that meets ", slo, ": ",
                        PlainText(result.reason), "\n");
  }
  return absl::StrFormat("%s%.1f requests a second meet %s (run %d): %s\n",
                         result.client_was_the_limit ? "at least " : "",
                         result.found->rate, slo, result.found->run + 1,
                         PlainText(result.reason));
}

}  // namespace

std::string ToText(const SweepResult& result) {
  return absl::StrCat(RunsText(result.runs, std::nullopt), RemarksText(result));
}

std::string ToText(const FindMaxResult& result) {
  const auto marked =
      result.found ? std::optional(result.found->run) : std::nullopt;
  return absl::StrCat(FoundText(result), "\n",
                      RunsText(result.sweep.runs, marked),
                      RemarksText(result.sweep));
}

}  // namespace sconce::load
