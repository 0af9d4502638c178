#include "server/runtime/probe/config_json.h"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sconce {
namespace {

using Json = nlohmann::json;

// A structure that gets a new member no longer compiles here: the member has
// to be written and read below.
Json SpecToJson(const TensorSpec& spec) {
  const auto& [name, type, type_origin, shape, shape_origin, optional, kind] =
      spec;
  Json json = {{"name", name},
               {"type_origin", type_origin},
               {"shape_origin", shape_origin},
               {"optional", optional},
               {"kind", kind}};
  if (type) json["type"] = *type;
  if (shape) json["shape"] = std::vector<int64_t>(shape->begin(), shape->end());
  return json;
}

TensorSpec SpecFromJson(const Json& json) {
  TensorSpec spec;
  json.at("name").get_to(spec.name);
  json.at("type_origin").get_to(spec.type_origin);
  json.at("shape_origin").get_to(spec.shape_origin);
  json.at("optional").get_to(spec.optional);
  json.at("kind").get_to(spec.kind);
  if (json.contains("type")) spec.type = json.at("type").get<DataType>();
  if (json.contains("shape")) {
    const auto sizes = json.at("shape").get<std::vector<int64_t>>();
    spec.shape.emplace(sizes.begin(), sizes.end());
  }
  return spec;
}

Json SpecsToJson(const std::vector<TensorSpec>& specs) {
  Json all = Json::array();
  for (const TensorSpec& spec : specs) all.push_back(SpecToJson(spec));
  return all;
}

std::vector<TensorSpec> SpecsFromJson(const Json& json) {
  std::vector<TensorSpec> specs;
  for (const Json& spec : json) specs.push_back(SpecFromJson(spec));
  return specs;
}

Json PlacesToJson(const std::vector<TensorDimension>& places) {
  Json all = Json::array();
  for (const auto& [tensor, dimension] : places) {
    all.push_back({tensor, dimension});
  }
  return all;
}

std::vector<TensorDimension> PlacesFromJson(const Json& json) {
  std::vector<TensorDimension> places;
  for (const Json& place : json) {
    places.push_back(
        {place.at(0).get<std::string>(), place.at(1).get<size_t>()});
  }
  return places;
}

Json PaddingToJson(const PaddingRules& padding) {
  const auto& [rules, needed] = padding;
  Json all = Json::array();
  for (const auto& [inputs, outputs, sizes, value] : rules) {
    all.push_back({{"inputs", PlacesToJson(inputs)},
                   {"outputs", PlacesToJson(outputs)},
                   {"sizes", sizes},
                   {"value", value}});
  }
  return {{"rules", all}, {"needed", needed}};
}

PaddingRules PaddingFromJson(const Json& json) {
  PaddingRules padding;
  for (const Json& rule : json.at("rules")) {
    padding.rules.push_back({PlacesFromJson(rule.at("inputs")),
                             PlacesFromJson(rule.at("outputs")),
                             rule.at("sizes").get<std::vector<int64_t>>(),
                             rule.at("value").get<double>()});
  }
  json.at("needed").get_to(padding.needed);
  return padding;
}

Json PrecisionToJson(const PrecisionSettings& settings) {
  const auto& [precision, memory_format, tolerance] = settings;
  Json json = {{"precision", precision}, {"memory_format", memory_format}};
  if (tolerance) {
    const auto& [relative, absolute] = *tolerance;
    json["tolerance"] = {relative, absolute};
  }
  return json;
}

PrecisionSettings PrecisionFromJson(const Json& json) {
  PrecisionSettings settings;
  json.at("precision").get_to(settings.precision);
  json.at("memory_format").get_to(settings.memory_format);
  if (json.contains("tolerance")) {
    const Json& tolerance = json.at("tolerance");
    settings.tolerance =
        Tolerance{tolerance.at(0).get<double>(), tolerance.at(1).get<double>()};
  }
  return settings;
}

MonoDuration DurationFromJson(const Json& json) {
  return MonoDuration(json.get<MonoDuration::rep>());
}

}  // namespace

Json ConfigToJson(const ServableConfig& config) {
  const auto& [max_batch_size, batching, max_undeclared_rows, max_sequences,
               max_sequence_idle, max_queue_size, max_queue_delay,
               preferred_batch_sizes, slo, weight, priority_levels,
               default_priority_level, placement, graphs, padding, precision,
               inputs, outputs] = config;
  // The test process has no devices.
  static_cast<void>(placement);
  static_cast<void>(graphs);
  return {{"max_batch_size", max_batch_size},
          {"batching", batching},
          {"max_undeclared_rows", max_undeclared_rows},
          {"max_sequences", max_sequences},
          {"max_sequence_idle", max_sequence_idle.count()},
          {"max_queue_size", max_queue_size},
          {"max_queue_delay", max_queue_delay.count()},
          {"preferred_batch_sizes", preferred_batch_sizes},
          {"slo", slo.count()},
          {"weight", weight},
          {"priority_levels", priority_levels},
          {"default_priority_level", default_priority_level},
          {"padding", PaddingToJson(padding)},
          {"precision", PrecisionToJson(precision)},
          {"inputs", SpecsToJson(inputs)},
          {"outputs", SpecsToJson(outputs)}};
}

ServableConfig ConfigFromJson(const Json& json) {
  ServableConfig config;
  json.at("max_batch_size").get_to(config.max_batch_size);
  json.at("batching").get_to(config.batching);
  json.at("max_undeclared_rows").get_to(config.max_undeclared_rows);
  json.at("max_sequences").get_to(config.max_sequences);
  config.max_sequence_idle = DurationFromJson(json.at("max_sequence_idle"));
  json.at("max_queue_size").get_to(config.max_queue_size);
  config.max_queue_delay = DurationFromJson(json.at("max_queue_delay"));
  json.at("preferred_batch_sizes").get_to(config.preferred_batch_sizes);
  config.slo = DurationFromJson(json.at("slo"));
  json.at("weight").get_to(config.weight);
  json.at("priority_levels").get_to(config.priority_levels);
  json.at("default_priority_level").get_to(config.default_priority_level);
  config.padding = PaddingFromJson(json.at("padding"));
  config.precision = PrecisionFromJson(json.at("precision"));
  config.inputs = SpecsFromJson(json.at("inputs"));
  config.outputs = SpecsFromJson(json.at("outputs"));
  return config;
}

}  // namespace sconce
