// ServableState: where a servable is in its life, and the report of it.
#ifndef SERVER_CORE_SERVABLE_STATE_H_
#define SERVER_CORE_SERVABLE_STATE_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "server/core/load_step.h"
#include "server/core/servable_id.h"

namespace sconce {

// Legal transitions:
//               /------------------------v
//   kNew -> kLoading -> kReady -----> kQuiescing -> kDisabled
//               |        ^  v            ^
//               |     kSuspended --------/
//               \-> kError
// A load that ends while the servable is suspended goes to kSuspended; one that
// nobody wants any more goes to kQuiescing.
enum class ServableState {
  kNew,        // wanted, not begun
  kLoading,    // a load thread reads, inspects and warms it up
  kReady,      // handles can be had
  kSuspended,  // cannot answer for now; the status says why
  kQuiescing,  // no new handles; work in flight finishes
  kDisabled,   // gone, its memory is free
  kError,      // the load failed; the status says why
};

// The protocol's word for a state, as the repository index shows it.
absl::string_view ServableStateName(ServableState state);

// A load that was asked for and has not ended.
bool IsPending(ServableState state);

// The load has ended well, and the servable is to stay.
bool IsLoaded(ServableState state);

// One servable's state at one instant.
struct ServableReport {
  ServableId id;
  ServableState state = ServableState::kNew;
  absl::Status status;  // why, for kError and kSuspended; for clients' eyes
  // Null until the load is over. Shared: an index copies the reports of all
  // models, and nobody changes the steps.
  std::shared_ptr<const LoadSteps> load_steps = nullptr;
};

}  // namespace sconce

#endif  // SERVER_CORE_SERVABLE_STATE_H_
