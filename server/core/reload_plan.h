// PlanReload: what is to be done with the versions of one model now.
#ifndef SERVER_CORE_RELOAD_PLAN_H_
#define SERVER_CORE_RELOAD_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"

#include "server/core/reload_policy.h"
#include "server/core/servable_state.h"

namespace sconce {

// One content of one version.
struct Revision {
  int64_t version = 1;
  std::string revision;

  friend bool operator==(const Revision& a, const Revision& b) {
    return a.version == b.version && a.revision == b.revision;
  }
};

// What is registered, in whatever state.
struct RegisteredRevision {
  Revision revision;
  ServableState state = ServableState::kNew;
  bool at_once = false;  // if it is not wanted, it goes whatever else happens
};

// Indices into what was given to PlanReload().
struct ReloadPlan {
  std::vector<size_t> load;    // of what is aspired
  std::vector<size_t> unload;  // of what is registered: ready, not wanted
  std::vector<size_t> forget;  // of what is registered: holds nothing
};

// Pure. `registered` is in the order in which it came, `aspired` the whole of
// what is wanted: what is registered and not
// in it goes, but under kPreserveAvailability not before
//   - everything that is wanted is loaded or has failed, and
//   - something that is wanted is ready (a suspended one is not), and
//   - nothing that is wanted and came after it has failed, and
//   - if the same version is wanted with other content, that is ready;
// so a load that fails leaves the old one serving. When nothing is wanted
// everything goes at once.
ReloadPlan PlanReload(absl::Span<const RegisteredRevision> registered,
                      absl::Span<const Revision> aspired, ReloadPolicy policy);

}  // namespace sconce

#endif  // SERVER_CORE_RELOAD_PLAN_H_
