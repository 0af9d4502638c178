// The two written forms of a ModelConfig.
#ifndef SERVER_SOURCES_CONFIG_TEXT_H_
#define SERVER_SOURCES_CONFIG_TEXT_H_

#include <string>

#include "absl/status/statusor.h"

#include "inference/model_config.pb.h"

namespace sconce {

// INVALID_ARGUMENT with the first error and its place: line and column, or in
// JSON with a value that does not fit, the field.
absl::StatusOr<inference::ModelConfig> ModelConfigOfText(
    const std::string& text);
absl::StatusOr<inference::ModelConfig> ModelConfigOfJson(
    const std::string& text);

}  // namespace sconce

#endif  // SERVER_SOURCES_CONFIG_TEXT_H_
