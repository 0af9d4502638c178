#include "server/runtime/probe/probe_request.h"

#include <nlohmann/json.hpp>

#include <set>

#include "server/runtime/probe/config_json.h"

namespace sconce {
namespace {

using Json = nlohmann::json;

// Does not compile with a new member, as in config_json.cc.
Json LimitToJson(const ExecutionLimit& limit) {
  const auto& [time, memory, listener] = limit;
  static_cast<void>(listener);  // nobody listens in the process
  return {{"time", time.count()}, {"memory", memory}};
}

ExecutionLimit LimitFromJson(const Json& json) {
  return {.time = MonoDuration(json.at("time").get<MonoDuration::rep>()),
          .memory = json.at("memory").get<int64_t>()};
}

Json LoaderToJson(const TorchLoaderOptions& options) {
  return {{"optimize", options.optimize},
          {"threads_per_lane", options.threads_per_lane},
          {"limit", LimitToJson(options.limit)},
          {"allowed_operators", options.allowed_operators}};
}

TorchLoaderOptions LoaderFromJson(const Json& json) {
  TorchLoaderOptions options;
  json.at("optimize").get_to(options.optimize);
  json.at("threads_per_lane").get_to(options.threads_per_lane);
  options.limit = LimitFromJson(json.at("limit"));
  json.at("allowed_operators").get_to(options.allowed_operators);
  return options;
}

Json LimitsToJson(const ProcessLimits& limits) {
  return {{"data_bytes", limits.data_bytes},
          {"cpu_seconds", limits.cpu_seconds}};
}

ProcessLimits LimitsFromJson(const Json& json) {
  return {json.at("data_bytes").get<uint64_t>(),
          json.at("cpu_seconds").get<uint64_t>()};
}

ProbeRequest FromJson(const Json& json) {
  ProbeRequest request;
  json.at("model").get_to(request.spec.id.model);
  json.at("version").get_to(request.spec.id.version);
  request.spec.config = ConfigFromJson(json.at("config"));
  request.loader = LoaderFromJson(json.at("loader"));
  request.limits = LimitsFromJson(json.at("limits"));
  json.at("log_format").get_to(request.log_format);
  json.at("log_level").get_to(request.log_level);
  return request;
}

}  // namespace

std::vector<std::string> ToArguments(const ProbeRequest& request) {
  const Json json = {{"model", request.spec.id.model},
                     {"version", request.spec.id.version},
                     {"config", ConfigToJson(request.spec.config)},
                     {"loader", LoaderToJson(request.loader)},
                     {"limits", LimitsToJson(request.limits)},
                     {"log_format", request.log_format},
                     {"log_level", request.log_level}};
  return {json.dump(-1, ' ', false, Json::error_handler_t::replace),
          request.spec.path};
}

absl::StatusOr<ProbeRequest> ReadProbeRequest(
    absl::Span<const std::string> arguments) {
  if (arguments.size() == 2) {
    try {
      ProbeRequest request = FromJson(Json::parse(arguments[0]));
      request.spec.path = arguments[1];
      return request;
    } catch (const Json::exception&) {
    }
  }
  return absl::InvalidArgumentError(
      "a test process was not told which model to try");
}

}  // namespace sconce
