#include "client/loadtest/report/json.h"

#include <fstream>
#include <random>
#include <regex>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/unit/loadtest/sample_runs.h"

namespace sconce::load {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

std::string Document() {
  std::ifstream file(SCONCE_REPORT_DOC);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The names of fields in that part of the document, in order.
std::vector<std::string> DocumentedKeys(const std::string& from,
                                        const std::string& to) {
  const std::string document = Document();
  const size_t begin = document.find(from);
  const std::string part =
      document.substr(begin, document.find(to, begin) - begin);
  static const std::regex key("\"([a-z][a-z0-9_]*)\":");
  std::vector<std::string> keys;
  for (std::sregex_iterator i(part.begin(), part.end(), key), end; i != end;
       ++i) {
    keys.push_back((*i)[1]);
  }
  return keys;
}

// As the document writes them: of lists the first element, and distributions
// and runs by their name only.
void AddKeys(const Json& json, std::vector<std::string>* keys) {
  if (json.is_array() && !json.empty()) AddKeys(json.front(), keys);
  if (!json.is_object() || json.contains("mean_ms")) return;
  for (const auto& [key, value] : json.items()) {
    if (std::isupper(static_cast<unsigned char>(key[0]))) continue;
    keys->push_back(key);
    if (key != "runs") AddKeys(value, keys);
  }
}

std::vector<std::string> KeysOf(const Json& json) {
  std::vector<std::string> keys;
  AddKeys(json, &keys);
  return keys;
}

TEST(JsonTest, ARunHasTheFieldsOfTheDocument) {
  const auto documented = DocumentedKeys("{\"format\"", "```");
  ASSERT_THAT(documented, Contains("slo_percentile"));
  EXPECT_THAT(KeysOf(ToJson(SampleRun())), ElementsAreArray(documented));
}

TEST(JsonTest, ADistributionHasTheFieldsOfTheDocument) {
  const Json latency = ToJson(SampleRun())["latency"];
  std::vector<std::string> keys;
  for (const auto& [key, value] : latency.items()) keys.push_back(key);
  EXPECT_EQ(keys, DocumentedKeys("A DISTRIBUTION is", "Percentiles are"));
}

TEST(JsonTest, ASweepHasTheFieldsOfTheDocument) {
  const SweepResult sweep{"2026-11-22T13:00:00Z", false, {SampleRun()}};
  EXPECT_EQ(KeysOf(ToJson(sweep)),
            DocumentedKeys(
                "{\"format\": \"sconce-load/1\", \"kind\": \"sweep\"", "\n"));
}

TEST(JsonTest, ASearchHasTheFieldsOfASweepAndItsOwn) {
  const SweepResult sweep{"2026-11-22T13:00:00Z", true, {SampleRun()}};
  const Json json = ToJson(FindMaxResult{sweep, FoundRate{812, 0}, "why"});
  EXPECT_EQ(json["kind"], "find-max");
  EXPECT_EQ(json["interrupted"], true);
  EXPECT_EQ(json["found"],
            (Json{{"rate", 812.0}, {"run", 0}, {"at_least", false}}));
  EXPECT_EQ(json["reason"], "why");
  EXPECT_EQ(json["runs"].size(), 1);
  EXPECT_EQ(json["runs"][0]["kind"], "run");
  const Json none = ToJson(FindMaxResult{sweep, std::nullopt, "why"});
  EXPECT_TRUE(none["found"].is_null());
}

TEST(JsonTest, FiguresAreThoseOfTheRun) {
  const Json run = ToJson(SampleRun());
  EXPECT_EQ(run["format"], "sconce-load/1");
  EXPECT_EQ(run["requests"], (Json{{"offered", 1000},
                                   {"sent", 1000},
                                   {"unsent", 0},
                                   {"lost", 0},
                                   {"answered", 1000},
                                   {"ok", 980},
                                   {"good", 500}}));
  EXPECT_EQ(run["rates"]["offered"], 100.0);
  // The last answers of the tenth second come after it.
  EXPECT_EQ(run["rates"]["ok"], 97.3);
  EXPECT_EQ(run["codes"], (Json{{"OK", 980}, {"RESOURCE_EXHAUSTED", 20}}));
  EXPECT_EQ(run["latency"]["count"], 980);
  EXPECT_EQ(run["latency"]["mean_ms"], 49.5);
  EXPECT_NEAR(run["latency"]["p50_ms"].get<double>(), 49, 49.0 / 128);
  EXPECT_EQ(run["latency"]["max_ms"], 98.0);
  EXPECT_EQ(run["rejection_latency"]["count"], 20);
  EXPECT_EQ(run["slo_met"], false);
  EXPECT_EQ(run["server"]["told"], 1000);
  EXPECT_EQ(run["server"]["metrics"]["queue_s"], 0.1);
  EXPECT_EQ(run["client"]["cpu_s"], 0.4);
  EXPECT_EQ(run["mix"][0]["checked"], 10);
}

TEST(JsonTest, FewValuesHaveNoPercentiles) {
  const Json latency = ToJson(SampleRun())["latency"];
  EXPECT_TRUE(latency["p90_ms"].is_null());
  EXPECT_TRUE(latency["p99_ms"].is_null());
  EXPECT_TRUE(latency["p99_9_ms"].is_null());
}

TEST(JsonTest, WhatIsUnknownIsNull) {
  RunResult result;
  result.setup.mode = "open";
  const Json run = ToJson(result);
  EXPECT_TRUE(run["setup"]["slo_ms"].is_null());
  EXPECT_TRUE(run["setup"]["slo_percentile"].is_null());
  EXPECT_TRUE(run["setup"]["outstanding"].is_null());
  EXPECT_TRUE(run["rates"]["offered"].is_null());
  EXPECT_TRUE(run["latency"]["mean_ms"].is_null());
  EXPECT_TRUE(run["latency"]["max_ms"].is_null());
  EXPECT_THAT(run["latency"]["buckets"], IsEmpty());
  EXPECT_TRUE(run["slo_met"].is_null());
  EXPECT_TRUE(run["server"]["queue"].is_null());
  EXPECT_TRUE(run["server"]["compute"].is_null());
  EXPECT_TRUE(run["server"]["metrics"].is_null());
  EXPECT_EQ(run["codes"].dump(), "{}");
  EXPECT_EQ(run["void"].dump(), "[]");
  EXPECT_EQ(run["series"]["bins"].dump(), "[]");
}

TEST(JsonTest, CountersThatTheServerDoesNotHaveAreNull) {
  RunResult result = SampleRun();
  result.server = ServerUse{};
  result.server->requests = 7;
  EXPECT_EQ(TextOf(ToJson(result)["server"]["metrics"]),
            R"({"cpu_s":null,"queue_s":null,"compute_s":null,"requests":7.0})");
}

TEST(JsonTest, AClosedLoopHasNoSendLag) {
  RunResult result = SampleRun();
  result.setup.mode = "closed";
  result.setup.outstanding = 32;
  const Json run = ToJson(result);
  EXPECT_TRUE(run["send_lag"].is_null());
  EXPECT_EQ(run["setup"]["outstanding"], 32);
}

TEST(JsonTest, LostRequestsAreSentAndNotAnswered) {
  RunResult result = SampleRun();
  result.record.total.codes["CANCELLED"] = 5;
  result.record.total.lost = 5;
  result.record.total.unsent = 3;
  const Json requests = ToJson(result)["requests"];
  EXPECT_EQ(requests["offered"], 1008);
  EXPECT_EQ(requests["sent"], 1005);
  EXPECT_EQ(requests["unsent"], 3);
  EXPECT_EQ(requests["answered"], 1000);
}

TEST(JsonTest, AVoidRunSaysWhy) {
  RunResult result = SampleRun();
  result.record.total.unsent = 3;
  EXPECT_EQ(ToJson(result)["void"], Json(VoidReasons(result)));
  EXPECT_EQ(ToJson(result)["void"].size(), 1);
}

TEST(JsonTest, BinsAndBlocksHoldEveryRequest) {
  const Json run = ToJson(SampleRun());
  EXPECT_EQ(run["series"]["bin_s"], 1);
  ASSERT_EQ(run["series"]["bins"].size(), 10);
  const Json bin = run["series"]["bins"][3];
  EXPECT_EQ(bin["start_s"], 3);
  EXPECT_EQ(bin["due"], 100);
  EXPECT_EQ(bin["ok"], 98);
  EXPECT_EQ(bin["rejected"], 2);
  EXPECT_TRUE(bin["p50_ms"].is_null());
  EXPECT_EQ(bin["max_ms"], 98.0);
  ASSERT_EQ(run["blocks"].size(), 10);
  int64_t in_buckets = 0;
  for (const Json& bucket : run["blocks"][3]["buckets"]) {
    in_buckets += bucket[1].get<int64_t>();
  }
  EXPECT_EQ(in_buckets, 98);
}

TEST(JsonTest, TextSurvivesBytesThatAreNoText) {
  RunResult result = SampleRun();
  result.record.faults = {"output \xff\xfe"};
  EXPECT_TRUE(Json::accept(TextOf(ToJson(result))));
}

// An hour of latencies from 30 us to 10 s, and 40 entries.
TEST(JsonTest, AnHourIsBelowTwoMegabytes) {
  RunResult result;
  result.setup = SampleSetup();
  result.setup.entries.assign(40, "a model with a name");
  result.setup.weights.assign(40, 1);
  result.setup.payloads.resize(40);
  result.window_seconds = 3600;
  Recorder recorder = SampleRecorder(result.setup, 3600);
  std::mt19937_64 random(11);
  std::lognormal_distribution<double> times(17, 2);
  for (int i = 0; i < 360'000; ++i) {
    const nanoseconds latency(static_cast<int64_t>(times(random)));
    Outcome outcome = SampleOutcome(milliseconds(10 * i), latency);
    outcome.entry = i % 40;
    outcome.sent = outcome.due + latency / 7;
    outcome.server = ServerTimes{latency / 3, latency / 2};
    if (i % 7 == 0) outcome.code = grpc::StatusCode::UNAVAILABLE;
    recorder.Add(outcome);
  }
  result.record = recorder.Take();
  const Json run = ToJson(result);
  EXPECT_EQ(run["series"]["bins"].size(), 3'600);
  EXPECT_EQ(run["blocks"].size(), 32);
  const std::string text = TextOf(run);
  EXPECT_LT(text.size(), 2'000'000);
  RecordProperty("bytes", std::to_string(text.size()));
}

}  // namespace
}  // namespace sconce::load
