// RegistryState as JSON text:
//   {"format": 1, "models": {"net": {"loaded": true, "versions": [2],
//    "aliases": {"stable": 2}, "traffic": [{"version": 2, "weight": 1}],
//    "history": [1]}}}
#ifndef SERVER_SOURCES_REGISTRY_STATE_TEXT_H_
#define SERVER_SOURCES_REGISTRY_STATE_TEXT_H_

#include <string>

#include "absl/status/statusor.h"

#include "server/sources/registry_state.h"

namespace sconce {

std::string RegistryStateToText(const RegistryState& state);

// INVALID_ARGUMENT: no JSON, another format, a member missing, or a value that
// cannot be; the message names the model.
absl::StatusOr<RegistryState> RegistryStateFromText(const std::string& text);

}  // namespace sconce

#endif  // SERVER_SOURCES_REGISTRY_STATE_TEXT_H_
