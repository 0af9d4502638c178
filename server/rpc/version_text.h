// How requests write a version of a model.
#ifndef SERVER_RPC_VERSION_TEXT_H_
#define SERVER_RPC_VERSION_TEXT_H_

#include <string>

#include "absl/status/statusor.h"

#include "server/core/version_selector.h"

namespace sconce {

// A number, an alias, or nothing for "", which leaves the choice to the server.
// INVALID_ARGUMENT for other text.
absl::StatusOr<VersionSelector> ParseModelVersion(const std::string& text);

}  // namespace sconce

#endif  // SERVER_RPC_VERSION_TEXT_H_
