#include "client/loadtest/report/json.h"

#include <algorithm>

#include "client/loadtest/report/distribution_json.h"
#include "client/loadtest/report/request_counts.h"
#include "client/loadtest/report/slo_verdict.h"
#include "client/loadtest/report/stretches.h"

namespace sconce::load {
namespace {

constexpr size_t kMostBlocks = 32;
constexpr size_t kMostBuckets = 1024;  // 15 kB as text
// Of the distributions of all entries together, and of one at least.
constexpr size_t kMostEntryBuckets = 32 * 1024;
constexpr size_t kLeastEntryBuckets = 64;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json Head(const char* kind) {
  return {
      {"format", "sconce-load/1"}, {"kind", kind}, {"version", SCONCE_VERSION}};
}

Json SetupJson(const RunSetup& setup) {
  Json mix = Json::array();
  for (size_t i = 0; i < setup.entries.size(); ++i) {
    const PayloadSummary& payload = setup.payloads[i];
    mix.push_back({{"name", setup.entries[i]},
                   {"weight", setup.weights[i]},
                   {"payloads", payload.count},
                   {"payload", payload.first},
                   {"bytes", payload.bytes}});
  }
  const bool slo = setup.slo > setup.slo.zero();
  const bool closed = setup.mode == "closed";
  return {
      {"target", setup.target},
      {"mode", setup.mode},
      {"arrivals",
       setup.arrivals.empty() ? Json(nullptr) : Json(setup.arrivals)},
      {"rate", OrNull(setup.rate)},
      {"outstanding", closed ? Json(setup.outstanding) : Json(nullptr)},
      {"slo_ms", slo ? MillisecondsJson(setup.slo) : Json(nullptr)},
      {"slo_percentile", slo ? Json(setup.slo_percentile) : Json(nullptr)},
      {"seed", setup.seed},
      {"connections", setup.connections},
      {"warmup_s", setup.warmup_seconds},
      {"timeout_s", setup.timeout_seconds},
      {"check_every", setup.check_every},
      {"max_outstanding", closed ? Json(nullptr) : Json(setup.max_outstanding)},
      {"mix", mix}};
}

Json RatesJson(const RequestCounts& requests, const Throughput& came,
               double seconds) {
  const auto rate = [seconds](int64_t count) {
    return seconds > 0 ? Json(count / seconds) : Json(nullptr);
  };
  return {{"offered", rate(requests.offered)},
          {"sent", rate(requests.sent)},
          {"answered", rate(came.answered)},
          {"ok", rate(came.ok)},
          {"good", rate(came.good)}};
}

Json RequestsJson(const RequestCounts& requests) {
  return {{"offered", requests.offered},
          {"sent", requests.sent},
          {"unsent", requests.offered - requests.sent},
          {"lost", requests.lost},
          {"answered", requests.answered},
          {"ok", requests.ok},
          {"good", requests.good}};
}

Json AnswersJson(const Record& record) {
  return {{"checked", record.total.checked},
          {"wrong", record.total.wrong},
          {"faults", record.faults}};
}

Json MetricsJson(const std::optional<ServerUse>& use) {
  if (!use) return nullptr;
  return {{"cpu_s", OrNull(use->cpu_seconds)},
          {"queue_s", OrNull(use->queue_seconds)},
          {"compute_s", OrNull(use->compute_seconds)},
          {"requests", OrNull(use->requests)}};
}

Json ServerJson(const RunResult& result) {
  const Record& record = result.record;
  const auto times = [](const Histogram& histogram) {
    return histogram.count() > 0 ? DistributionJson(histogram, kMostBuckets)
                                 : Json(nullptr);
  };
  return {{"queue", times(record.server_queue)},
          {"compute", times(record.server_compute)},
          {"told", record.server_queue.count()},
          {"metrics", MetricsJson(result.server)}};
}

Json SeriesJson(const RunResult& result) {
  Json bins = Json::array();
  for (const auto& [start, length, bin] : StretchesOf(result, kMostBins)) {
    const bool any = bin.latency.count() > 0;
    bins.push_back(
        {{"start_s", start},
         {"due", bin.due},
         {"sent", bin.sent},
         {"ok", bin.ok},
         {"rejected", bin.rejected},
         {"failed", bin.failed},
         {"good", bin.good},
         {"p50_ms", MillisecondsJson(bin.latency.Quantile(0.5))},
         {"p99_ms", MillisecondsJson(bin.latency.Quantile(0.99))},
         {"max_ms", any ? MillisecondsJson(bin.latency.max()) : nullptr}});
  }
  return {{"bin_s", result.record.series.bin_length().count()}, {"bins", bins}};
}

Json BlocksJson(const RunResult& result) {
  Json blocks = Json::array();
  for (const auto& [start, length, bin] : StretchesOf(result, kMostBlocks)) {
    blocks.push_back({{"start_s", start},
                      {"length_s", length},
                      {"due", bin.due},
                      {"sent", bin.sent},
                      {"ok", bin.ok},
                      {"good", bin.good},
                      {"buckets", BucketsJson(bin.latency, kMostBuckets)}});
  }
  return blocks;
}

Json MixJson(const RunResult& result) {
  const std::vector<Counts>& entries = result.record.entries;
  const size_t most_buckets =
      std::clamp(kMostEntryBuckets / std::max<size_t>(1, entries.size()),
                 kLeastEntryBuckets, kMostBuckets);
  Json mix = Json::array();
  for (size_t i = 0; i < entries.size(); ++i) {
    mix.push_back(
        {{"name", result.setup.entries[i]},
         {"weight", result.setup.weights[i]},
         {"codes", entries[i].codes},
         {"unsent", entries[i].unsent},
         {"good", entries[i].good},
         {"checked", entries[i].checked},
         {"wrong", entries[i].wrong},
         {"latency", DistributionJson(entries[i].latency, most_buckets)}});
  }
  return mix;
}

// What the measured figures say.
void AddFigures(const RunResult& result, Json* json) {
  const Record& record = result.record;
  const RequestCounts requests = CountRequests(record.total);
  Json& run = *json;
  run["rates"] = RatesJson(requests, record.throughput, result.window_seconds);
  run["requests"] = RequestsJson(requests);
  run["codes"] = record.total.codes;
  run["errors"] = record.errors;
  run["latency"] = DistributionJson(record.total.latency, kMostBuckets);
  run["rejection_latency"] = DistributionJson(record.rejection, kMostBuckets);
  run["send_lag"] = result.setup.mode == "closed"
                        ? Json(nullptr)
                        : DistributionJson(record.send_lag, kMostBuckets);
  run["slo_met"] = OrNull(SloVerdict(result.setup, record.total));
  run["answers"] = AnswersJson(record);
}

Json ManyRunsJson(const char* kind, const SweepResult& result) {
  Json many = Head(kind);
  many["started"] = result.started;
  many["interrupted"] = result.interrupted;
  return many;
}

Json RunsJson(const std::vector<RunResult>& results) {
  Json runs = Json::array();
  for (const RunResult& result : results) runs.push_back(ToJson(result));
  return runs;
}

}  // namespace

Json ToJson(const RunResult& result) {
  Json run = Head("run");
  run["setup"] = SetupJson(result.setup);
  run["started"] = result.started;
  run["window_s"] = result.window_seconds;
  run["interrupted"] = result.interrupted;
  run["void"] = VoidReasons(result);
  run["notes"] = result.notes;
  AddFigures(result, &run);
  run["server"] = ServerJson(result);
  run["client"] = {{"cpu_s", result.client_cpu_seconds}};
  run["series"] = SeriesJson(result);
  run["blocks"] = BlocksJson(result);
  run["mix"] = MixJson(result);
  return run;
}

Json ToJson(const SweepResult& result) {
  Json sweep = ManyRunsJson("sweep", result);
  sweep["runs"] = RunsJson(result.runs);
  return sweep;
}

Json ToJson(const FindMaxResult& result) {
  Json search = ManyRunsJson("find-max", result.sweep);
  search["found"] = nullptr;
  if (result.found) {
    search["found"] = {{"rate", result.found->rate},
                       {"run", result.found->run},
                       {"at_least", result.client_was_the_limit}};
  }
  search["reason"] = result.reason;
  search["runs"] = RunsJson(result.sweep.runs);
  return search;
}

std::string TextOf(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sconce::load
