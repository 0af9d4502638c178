// Reads JSON that somebody else wrote.
#ifndef CLIENT_LOADTEST_PAYLOAD_JSON_TEXT_H_
#define CLIENT_LOADTEST_PAYLOAD_JSON_TEXT_H_

#include <nlohmann/json_fwd.hpp>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sconce::load {

// INVALID_ARGUMENT when it is no JSON, or nested more than 64 deep: code that
// walks the value, the library's own included, calls itself for each level.
absl::StatusOr<nlohmann::json> ParseJson(absl::string_view text);

// `value` as it is told in a message, cut short.
std::string ShortText(const nlohmann::json& value);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_JSON_TEXT_H_
