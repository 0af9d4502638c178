// Reads a model's configuration: config.pbtxt (the ModelConfig message, in text
// form), or the JSON that a load request carries in its place.
#ifndef SERVER_SOURCES_MODEL_CONFIG_H_
#define SERVER_SOURCES_MODEL_CONFIG_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/core/reload_policy.h"
#include "server/core/servable_config.h"
#include "server/sources/version_policy.h"

namespace sconce {

// What a config file says, of what the server honours.
struct ModelConfigFile {
  std::string name;  // what it calls the model; empty: it does not say
  ServableConfig servable;
  VersionPolicy version_policy;
  ReloadPolicy reload_policy = ReloadPolicy::kPreserveAvailability;
  std::string archive_file_name;     // in each version folder
  std::vector<std::string> ignored;  // fields that are set, but not honoured
  std::string revision;              // another one for another text
};

// Reads the text of a file for the model called `model`, or, when that is
// empty, for one that it may call as it likes. INVALID_ARGUMENT, with a message
// fit for a client: not the message's text form, values that cannot be, or
// fields that must not be ignored.
absl::StatusOr<ModelConfigFile> ParseModelConfig(
    const std::string& text, const std::string& model,
    const ServableConfig& defaults);

// What either form of a configuration may have.
inline constexpr size_t kMostConfigBytes = 1 << 20;

// The same from JSON, with the names of fields as they are or in camelCase.
absl::StatusOr<ModelConfigFile> ParseModelConfigJson(
    const std::string& text, const std::string& model,
    const ServableConfig& defaults);

}  // namespace sconce

#endif  // SERVER_SOURCES_MODEL_CONFIG_H_
