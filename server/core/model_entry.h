// ModelEntry: what the Manager keeps of one model.
#ifndef SERVER_CORE_MODEL_ENTRY_H_
#define SERVER_CORE_MODEL_ENTRY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "server/core/loader.h"
#include "server/core/loader_harness.h"
#include "server/core/model_routes.h"
#include "server/core/reload_plan.h"
#include "server/core/reload_policy.h"

namespace sconce {

// All that is wanted of one model: a version that is not in it is to go.
struct AspiredModel {
  std::string name;
  std::vector<ServableSpec> versions;
  ReloadPolicy policy = ReloadPolicy::kPreserveAvailability;
  // Versions that were wanted and are to go at once, whatever becomes of the
  // loads of the others.
  std::vector<int64_t> unload_at_once;
  // Versions whose load has failed are tried again though their revision is
  // the same.
  bool retry_failed = false;
  // The versions whose loads the caller waits for; empty: all.
  std::vector<int64_t> wait_for;
};

// Plain state with the questions about it; whoever owns it guards it.
struct ModelEntry {
  using Done = std::function<void(absl::Status)>;

  // Somebody who wants to know how the loads of what he wanted ended.
  struct Waiter {
    std::vector<Revision> wanted;
    Done done;
  };
  // A call to be made when no lock is held.
  struct Answer {
    Done done;
    absl::Status status;
  };

  bool IsAspired(const LoaderHarness& harness) const;

  // Takes `wanted` in the place of what was wanted; what has failed stays.
  void Aspire(AspiredModel wanted);

  ReloadPlan Plan() const;

  // Removes the waiters whose loads have ended: OK, the first failure by
  // version, or ABORTED when something else is wanted by now.
  std::vector<Answer> TakeAnswers();

  std::vector<std::shared_ptr<LoaderHarness>> harnesses;
  bool unpublished = false;           // requests do not see these harnesses yet
  std::vector<ServableSpec> aspired;  // ascending by version
  ReloadPolicy policy = ReloadPolicy::kPreserveAvailability;
  std::vector<int64_t> unload_at_once;
  ModelRoutes routes;
  std::vector<Waiter> waiters;
};

}  // namespace sconce

#endif  // SERVER_CORE_MODEL_ENTRY_H_
