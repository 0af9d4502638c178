#include "client/loadtest/report/text.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "client/loadtest/report/request_counts.h"
#include "client/loadtest/report/text_figures.h"
#include "client/loadtest/report/text_table.h"

namespace sconce::load {
namespace {

std::string VoidText(const RunResult& result) {
  std::string text;
  for (const std::string& reason : VoidReasons(result)) {
    absl::StrAppend(&text, "VOID: ", reason, "\n");
  }
  for (const std::string& note : result.notes) {
    absl::StrAppend(&text, "NOTE: ", note, "\n");
  }
  if (!text.empty()) absl::StrAppend(&text, "\n");
  return text;
}

std::string LoadText(const RunSetup& setup) {
  return setup.mode == "closed"
             ? absl::StrCat("closed loop of ", setup.outstanding)
             : PlainText(setup.arrivals);
}

std::string SetupText(const RunResult& result) {
  const RunSetup& setup = result.setup;
  return absl::StrFormat(
      "%s at %s, %s, %.1f s%s after %g s of warm-up, %d connection%s, seed "
      "%d\n",
      PlainText(absl::StrJoin(setup.entries, ", ")), PlainText(setup.target),
      LoadText(setup), result.window_seconds,
      result.interrupted ? " (INTERRUPTED)" : "", setup.warmup_seconds,
      setup.connections, setup.connections == 1 ? "" : "s", setup.seed);
}

std::string RequestsText(const RunResult& result) {
  const RequestCounts due = CountRequests(result.record.total);
  const Throughput& came = result.record.throughput;
  const auto rate = [&result](int64_t count) {
    return RateText(static_cast<double>(count), result.window_seconds);
  };
  TextTable table;
  table.Add({"", "offered", "sent", "answered", "OK", "good"});
  table.Add({"requests", absl::StrCat(due.offered), absl::StrCat(due.sent),
             absl::StrCat(due.answered), absl::StrCat(due.ok),
             absl::StrCat(due.good)});
  table.Add({"a second", rate(due.offered), rate(due.sent), rate(came.answered),
             rate(came.ok), rate(came.good)});
  const bool behind = came.answered < due.answered * 0.98;
  return behind ? table.Text() +
                      "a second: answers that came in the window; "
                      "the others came later\n"
                : table.Text();
}

void AddTimes(const char* name, const Histogram& times, TextTable* table) {
  const bool any = times.count() > 0;
  table->Add({name, absl::StrCat(times.count()),
              any ? MsText(times.mean()) : "-", MsText(times.Quantile(0.5)),
              MsText(times.Quantile(0.9)), MsText(times.Quantile(0.99)),
              MsText(times.Quantile(0.999)), any ? MsText(times.max()) : "-"});
}

std::string TimesText(const RunResult& result) {
  const Record& record = result.record;
  TextTable table;
  table.Add({"ms", "count", "mean", "p50", "p90", "p99", "p99.9", "max"});
  AddTimes("latency of OK", record.total.latency, &table);
  if (record.rejection.count() > 0) {
    AddTimes("of rejections", record.rejection, &table);
  }
  if (record.server_queue.count() > 0) {
    AddTimes("server queue", record.server_queue, &table);
    AddTimes("server compute", record.server_compute, &table);
  }
  if (result.setup.mode != "closed") {
    AddTimes("send lag", record.send_lag, &table);
  }
  const std::string text = table.Text();
  return absl::StrContains(text, " - ")
             ? text + "-: fewer than 100 values lie above it\n"
             : text;
}

std::string CodesText(const Counts& counts) {
  if (counts.codes.empty()) return "none";
  return absl::StrJoin(counts.codes, ", ", [](std::string* out, const auto& c) {
    absl::StrAppend(out, c.first, " ", c.second);
  });
}

std::string LostText(const Counts& counts) {
  if (counts.lost == 0) return "";
  return absl::StrCat("; ", counts.lost,
                      " of them lost: no connection, or too late");
}

std::string ErrorsText(const Record& record) {
  std::string text;
  for (const auto& [code, error] : record.errors) {
    if (error.empty()) continue;
    absl::StrAppend(&text, "\n  ", code, ": ", PlainText(error));
  }
  return text;
}

std::string AnswersText(const Record& record) {
  if (record.total.checked == 0) return "none checked";
  std::string text = absl::StrCat(record.total.checked, " checked, ",
                                  record.total.wrong, " WRONG");
  if (record.total.wrong == 0) {
    return absl::StrCat(record.total.checked, " checked, all right");
  }
  for (const std::string& fault : record.faults) {
    absl::StrAppend(&text, "\n  ", PlainText(fault));
  }
  if (record.total.wrong > static_cast<int64_t>(record.faults.size())) {
    absl::StrAppend(&text, "\n  and others");
  }
  return text;
}

std::string SloLine(const RunResult& result) {
  if (result.setup.slo == result.setup.slo.zero()) return "";
  const RequestCounts requests = CountRequests(result.record.total);
  return absl::StrFormat(
      "SLO      %s: %s, %.4g %% of the offered are good\n",
      SloText(result.setup), VerdictText(result),
      100.0 * requests.good / std::max<int64_t>(1, requests.offered));
}

std::string ServerText(const ServerUse& use, double window_seconds) {
  std::vector<std::string> parts;
  const double requests = use.requests.value_or(0);
  if (use.cpu_seconds) {
    parts.push_back(CpuText(*use.cpu_seconds, window_seconds, requests));
  }
  if (use.requests) {
    parts.push_back(absl::StrFormat("%.0f requests", requests));
  }
  if (use.queue_seconds) {
    parts.push_back(absl::StrFormat("queue %.4g s", *use.queue_seconds));
  }
  if (use.compute_seconds) {
    parts.push_back(absl::StrFormat("compute %.4g s", *use.compute_seconds));
  }
  return absl::StrJoin(parts, ", ");
}

std::string FactsText(const RunResult& result) {
  const RequestCounts requests = CountRequests(result.record.total);
  std::string text = SloLine(result);
  absl::StrAppend(&text, "codes    ", CodesText(result.record.total),
                  LostText(result.record.total), ErrorsText(result.record),
                  "\n");
  absl::StrAppend(&text, "answers  ", AnswersText(result.record), "\n");
  absl::StrAppend(
      &text, "client   ",
      CpuText(result.client_cpu_seconds, result.window_seconds, requests.sent),
      "\n");
  if (result.server) {
    absl::StrAppend(&text, "server   ",
                    ServerText(*result.server, result.window_seconds), "\n");
  }
  return text;
}

std::string MixText(const RunResult& result) {
  const std::vector<Counts>& entries = result.record.entries;
  if (entries.size() < 2) return "";
  TextTable table;
  table.Add({"entry", "weight", "offered", "OK", "good", "wrong", "p50 ms",
             "p99 ms", "max ms"});
  for (size_t i = 0; i < entries.size(); ++i) {
    const RequestCounts requests = CountRequests(entries[i]);
    const Histogram& latency = entries[i].latency;
    table.Add({PlainText(result.setup.entries[i]),
               absl::StrFormat("%g", result.setup.weights[i]),
               absl::StrCat(requests.offered), absl::StrCat(requests.ok),
               absl::StrCat(requests.good), absl::StrCat(entries[i].wrong),
               MsText(latency.Quantile(0.5)), MsText(latency.Quantile(0.99)),
               latency.count() > 0 ? MsText(latency.max()) : "-"});
  }
  return absl::StrCat("\n", table.Text());
}

}  // namespace

std::string ToText(const RunResult& result) {
  return absl::StrCat(VoidText(result), SetupText(result), "\n",
                      RequestsText(result), "\n", TimesText(result), "\n",
                      FactsText(result), MixText(result));
}

}  // namespace sconce::load
