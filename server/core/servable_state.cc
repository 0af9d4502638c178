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

bool IsPending(ServableState state) {
  return state == ServableState::kNew || state == ServableState::kLoading;
}

bool IsLoaded(ServableState state) {
  return state == ServableState::kReady || state == ServableState::kSuspended;
}

}  // namespace sconce
