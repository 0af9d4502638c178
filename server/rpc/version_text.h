// How requests write a version of a model.
#ifndef SERVER_RPC_VERSION_TEXT_H_
#define SERVER_RPC_VERSION_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/core/version_selector.h"

namespace sconce {

// A letter, then at most 63 letters, digits, '_', '.' or '-'.
bool IsAlias(absl::string_view text);

// INVALID_ARGUMENT says what an alias looks like.
absl::Status CheckAlias(absl::string_view text);

// A number, an alias, or nothing for "", which leaves the choice to the server.
// INVALID_ARGUMENT for other text.
absl::StatusOr<VersionSelector> ParseModelVersion(const std::string& text);

}  // namespace sconce

#endif  // SERVER_RPC_VERSION_TEXT_H_
