#include "server/core/resource_tracker.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

std::string Mebibytes(int64_t bytes) {
  constexpr int64_t kMiB = 1 << 20;
  return absl::StrCat(bytes / kMiB + (bytes % kMiB > 0 ? 1 : 0), " MiB");
}

}  // namespace

ResourceTracker::Answer ResourceTracker::Reserve(int64_t holder,
                                                 const MemoryNeed& need) {
  // Not as a sum: a file may claim any size.
  if (budget_ == 0 || need.loading <= budget_ - reserved_) {
    Set(holder, {need.loading, need.loaded});
    return Answer::kReserved;
  }
  return need.loading <= budget_ - staying_ ? Answer::kWait : Answer::kRefused;
}

absl::Status ResourceTracker::Refusal(const MemoryNeed& need) const {
  return absl::ResourceExhaustedError(absl::StrCat(
      "the load needs ", Mebibytes(need.loading), " of memory, but of the ",
      Mebibytes(budget_), " for models ", Mebibytes(staying_),
      " are taken by others; unload a model, raise --max-model-memory, or set "
      "the parameter sconce.reload_policy to 'resources' if it is the model's "
      "own earlier version that takes them"));
}

void ResourceTracker::Settle(int64_t holder, int64_t bytes) {
  Set(holder, {bytes, bytes});
}

void ResourceTracker::MarkLeaving(int64_t holder) {
  const auto found = holdings_.find(holder);
  if (found == holdings_.end()) return;
  staying_ -= std::exchange(found->second.stays, 0);
}

void ResourceTracker::Release(int64_t holder) {
  const auto found = holdings_.find(holder);
  if (found == holdings_.end()) return;
  reserved_ -= found->second.now;
  staying_ -= found->second.stays;
  holdings_.erase(found);
}

void ResourceTracker::Set(int64_t holder, Holding holding) {
  // Without a limit a claim is taken as it is; the sums must not overflow.
  constexpr int64_t kMost = int64_t{1} << 50;
  holding = {std::clamp<int64_t>(holding.now, 0, kMost),
             std::clamp<int64_t>(holding.stays, 0, kMost)};
  Release(holder);
  reserved_ += holding.now;
  staying_ += holding.stays;
  holdings_.emplace(holder, holding);
}

}  // namespace sconce
