#include "server/core/resource_tracker.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

std::string Mebibytes(int64_t bytes) {
  constexpr int64_t kMiB = 1 << 20;
  return absl::StrCat((bytes + kMiB - 1) / kMiB, " MiB");
}

}  // namespace

ResourceTracker::Answer ResourceTracker::Reserve(int64_t holder,
                                                 const MemoryNeed& need) {
  if (budget_ == 0 || reserved_ + need.loading <= budget_) {
    Set(holder, {need.loading, need.loaded});
    return Answer::kReserved;
  }
  return StayingBytes() + need.loading <= budget_ ? Answer::kWait
                                                  : Answer::kRefused;
}

absl::Status ResourceTracker::Refusal(const MemoryNeed& need) const {
  return absl::ResourceExhaustedError(absl::StrCat(
      "the load needs ", Mebibytes(need.loading), " of memory, but of the ",
      Mebibytes(budget_), " for models ", Mebibytes(StayingBytes()),
      " are taken by others; unload a model, raise --max-model-memory, or set "
      "the parameter sconce.reload_policy to 'resources' if it is the model's "
      "own earlier version that takes them"));
}

void ResourceTracker::Settle(int64_t holder, int64_t bytes) {
  Set(holder, {bytes, bytes});
}

void ResourceTracker::MarkLeaving(int64_t holder) {
  const auto found = holdings_.find(holder);
  if (found != holdings_.end()) found->second.stays = 0;
}

void ResourceTracker::Release(int64_t holder) {
  const auto found = holdings_.find(holder);
  if (found == holdings_.end()) return;
  reserved_ -= found->second.now;
  holdings_.erase(found);
}

int64_t ResourceTracker::StayingBytes() const {
  int64_t sum = 0;
  for (const auto& [holder, holding] : holdings_) sum += holding.stays;
  return sum;
}

void ResourceTracker::Set(int64_t holder, Holding holding) {
  Release(holder);
  reserved_ += holding.now;
  holdings_.emplace(holder, holding);
}

}  // namespace sconce
