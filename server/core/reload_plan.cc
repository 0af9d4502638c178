#include "server/core/reload_plan.h"

#include <algorithm>
#include <cstddef>

#include "absl/algorithm/container.h"

namespace sconce {
namespace {

bool HoldsNothing(ServableState state) {
  return state == ServableState::kNew || state == ServableState::kError ||
         state == ServableState::kDisabled;
}

class Planner {
 public:
  Planner(absl::Span<const RegisteredRevision> registered,
          absl::Span<const Revision> aspired)
      : registered_(registered), aspired_(aspired) {}

  // The live entry of `wanted`, or null. One that was told to go may be on its
  // way out while the same content is wanted again: then it is loaded anew.
  const RegisteredRevision* Find(const Revision& wanted) const {
    for (const RegisteredRevision& entry : registered_) {
      if (entry.revision == wanted &&
          entry.state != ServableState::kQuiescing &&
          entry.state != ServableState::kDisabled) {
        return &entry;
      }
    }
    return nullptr;
  }

  bool IsWanted(const RegisteredRevision& entry) const {
    return absl::c_linear_search(aspired_, entry.revision);
  }

  bool AllEnded() const {
    return absl::c_all_of(aspired_, [&](const Revision& wanted) {
      const RegisteredRevision* const entry = Find(wanted);
      return entry != nullptr && !IsPending(entry->state);
    });
  }

  bool AnyReady() const {
    return absl::c_any_of(aspired_, [&](const Revision& wanted) {
      const RegisteredRevision* const entry = Find(wanted);
      return entry != nullptr && entry->state == ServableState::kReady;
    });
  }

  bool OtherContentIsNotReady(int64_t version) const {
    return absl::c_any_of(aspired_, [&](const Revision& wanted) {
      if (wanted.version != version) return false;
      const RegisteredRevision* const entry = Find(wanted);
      return entry == nullptr || entry->state != ServableState::kReady;
    });
  }

  // Whether something that is wanted came after the `i`-th and has failed: that
  // was to take its place.
  bool LaterOneFailed(size_t i) const {
    return std::any_of(registered_.begin() + static_cast<ptrdiff_t>(i),
                       registered_.end(), [&](const RegisteredRevision& later) {
                         return later.state == ServableState::kError &&
                                IsWanted(later);
                       });
  }

  bool MayGo(size_t i, ReloadPolicy policy) const {
    const RegisteredRevision& entry = registered_[i];
    if (policy == ReloadPolicy::kPreserveResources || aspired_.empty() ||
        entry.at_once) {
      return true;
    }
    return AllEnded() && AnyReady() && !LaterOneFailed(i) &&
           !OtherContentIsNotReady(entry.revision.version);
  }

  // Whether memory of what is not wanted is still held.
  bool OldOnesRemain() const {
    return absl::c_any_of(registered_, [&](const RegisteredRevision& entry) {
      return !HoldsNothing(entry.state) &&
             (!IsWanted(entry) || entry.state == ServableState::kQuiescing);
    });
  }

 private:
  const absl::Span<const RegisteredRevision> registered_;
  const absl::Span<const Revision> aspired_;
};

}  // namespace

ReloadPlan PlanReload(absl::Span<const RegisteredRevision> registered,
                      absl::Span<const Revision> aspired, ReloadPolicy policy) {
  const Planner planner(registered, aspired);
  ReloadPlan plan;
  for (size_t i = 0; i < registered.size(); ++i) {
    const RegisteredRevision& entry = registered[i];
    const bool gone = entry.state == ServableState::kDisabled;
    if (planner.IsWanted(entry) && !gone) continue;
    if (HoldsNothing(entry.state)) {
      plan.forget.push_back(i);
    } else if (IsLoaded(entry.state) && planner.MayGo(i, policy)) {
      plan.unload.push_back(i);
    }
  }
  const bool wait =
      policy == ReloadPolicy::kPreserveResources && planner.OldOnesRemain();
  for (size_t i = 0; i < aspired.size() && !wait; ++i) {
    if (planner.Find(aspired[i]) == nullptr) plan.load.push_back(i);
  }
  return plan;
}

}  // namespace sconce
