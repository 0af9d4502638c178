#include "server/core/servable_state.h"

namespace sconce {

absl::string_view ServableStateName(ServableState state) {
  switch (state) {
    case ServableState::kNew:
    case ServableState::kLoading:
      return "LOADING";
    case ServableState::kReady:
      return "READY";
    case ServableState::kQuiescing:
      return "UNLOADING";
    case ServableState::kSuspended:
    case ServableState::kDisabled:
    case ServableState::kError:
      return "UNAVAILABLE";
  }
  return "UNKNOWN";
}

}  // namespace sconce
