// A model's configuration as JSON, for the process that tries the model out.
#ifndef SERVER_RUNTIME_PROBE_CONFIG_JSON_H_
#define SERVER_RUNTIME_PROBE_CONFIG_JSON_H_

#include <nlohmann/json_fwd.hpp>

#include "server/core/servable_config.h"

namespace sconce {

nlohmann::json ConfigToJson(const ServableConfig& config);

// Throws nlohmann::json::exception for what ConfigToJson() does not make.
ServableConfig ConfigFromJson(const nlohmann::json& json);

}  // namespace sconce

#endif  // SERVER_RUNTIME_PROBE_CONFIG_JSON_H_
