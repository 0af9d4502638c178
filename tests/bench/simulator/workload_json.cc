#include "tests/bench/simulator/workload_json.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bench/simulator/figures.h"
#include "tests/bench/simulator/policy.h"

namespace sconce::simulator {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;
using nlohmann::json;

MonoDuration Time(double ms) {
  return std::chrono::duration_cast<MonoDuration>(Milliseconds(ms));
}

RunTimes RunTimesFromJson(const json& model) {
  const double noise = model.value("noise", 0.0);
  if (!model.contains("table_ms")) {
    return RunTimes::Affine(Time(model.at("base_ms")), Time(model.at("row_ms")),
                            noise);
  }
  std::map<int64_t, MonoDuration> means;
  for (const auto& [rows, ms] : model.at("table_ms").items()) {
    means[std::stoll(rows)] = Time(ms.get<double>());
  }
  if (means.size() < 2) {
    throw std::invalid_argument("table_ms: expected two sizes or more");
  }
  return RunTimes(means, noise);
}

Model ModelFromJson(const json& model) {
  BatchRules rules;
  rules.max_rows = model.at("max_batch");
  rules.max_delay = Time(model.value("max_delay_ms", 0.0));
  rules.preferred_rows = model.value("preferred", std::vector<int64_t>());
  rules.slo = Time(model.value("slo_ms", 0.0));
  return {RunTimesFromJson(model), rules};
}

Stream StreamFromJson(const json& from, const Workload& workload) {
  Stream stream;
  stream.model = from.value("model", size_t{0});
  stream.rows = from.value("rows", stream.rows);
  const Model& model = workload.models.at(stream.model);
  stream.rate = from.contains("rate") ? from.at("rate").get<double>()
                                      : from.at("load").get<double>() *
                                            Capacity(model, workload.lanes) /
                                            static_cast<double>(stream.rows);
  stream.shapes = from.value("shapes", stream.shapes);
  stream.priority = from.value("priority", stream.priority);
  const double time = from.value("time_ms", 0.0);
  stream.least_time = Time(time);
  stream.most_time = Time(from.value("most_time_ms", time));
  return stream;
}

json ToJson(const Figures& figures) {
  const auto ms = [](MonoDuration time) { return Milliseconds(time).count(); };
  return {{"offered", figures.offered},
          {"rejected", figures.rejected},
          {"expired", figures.expired},
          {"late", figures.late},
          {"good", figures.good},
          {"goodput", figures.goodput},
          {"good_share", figures.good_share},
          {"in_time", figures.in_time},
          {"lane_share", figures.lane_share},
          {"mean_batch", figures.mean_batch},
          {"p50_ms", ms(figures.p50)},
          {"p99_ms", ms(figures.p99)},
          {"p99.9_ms", ms(figures.p999)},
          {"rejection_p99_ms", 0}};  // they are told when they come
}

}  // namespace

Workload WorkloadFromJson(const json& from) {
  Workload workload;
  workload.lanes = from.value("lanes", workload.lanes);
  workload.requests = from.value("requests", workload.requests);
  workload.seed = from.value("seed", workload.seed);
  for (const auto& model : from.at("models")) {
    workload.models.push_back(ModelFromJson(model));
  }
  for (const auto& stream : from.at("streams")) {
    workload.streams.push_back(StreamFromJson(stream, workload));
  }
  return workload;
}

json SimulateJson(const json& run) {
  const std::string policy = run.value("policy", "sconce");
  const Workload workload = WorkloadFromJson(run);
  if (MakePolicy(policy, workload) == nullptr) {
    throw std::invalid_argument("there is no policy " + policy);
  }
  const Record record = Simulate(policy.c_str(), workload);
  json result = ToJson(FiguresOf(record, workload));
  for (size_t i = 0; i < workload.models.size(); ++i) {
    result["models"].push_back(
        ToJson(FiguresOf(record, workload, {.model = i})));
  }
  for (size_t i = 0; i < workload.streams.size(); ++i) {
    result["streams"].push_back(
        ToJson(FiguresOf(record, workload, {.stream = i})));
  }
  return result;
}

}  // namespace sconce::simulator
