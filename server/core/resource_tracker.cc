#include "server/core/resource_tracker.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

using PoolAnswer = MemoryPool::Answer;

std::string Mebibytes(int64_t bytes) {
  constexpr int64_t kMiB = 1 << 20;
  return absl::StrCat(bytes / kMiB + (bytes % kMiB > 0 ? 1 : 0), " MiB");
}

absl::Status TooLarge(int64_t bytes, const MemoryPool& pool,
                      absl::string_view memory, absl::string_view raise) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "the load needs ", Mebibytes(bytes), " of ", memory, ", but of the ",
      Mebibytes(pool.budget()), " for models ", Mebibytes(pool.staying()),
      " are taken by others; unload a model, ", raise,
      "or set the parameter sconce.reload_policy to 'resources' if it is the "
      "model's own earlier version that takes them"));
}

}  // namespace

ResourceTracker::Answer ResourceTracker::Reserve(int64_t holder,
                                                 const MemoryNeed& need) {
  const PoolAnswer host = host_.Ask(need.loading);
  const PoolAnswer device = device_.Ask(need.device_loading);
  if (host == PoolAnswer::kRefused || device == PoolAnswer::kRefused) {
    return Answer::kRefused;
  }
  if (host == PoolAnswer::kWait || device == PoolAnswer::kWait) {
    return Answer::kWait;
  }
  host_.Set(holder, need.loading, need.loaded);
  device_.Set(holder, need.device_loading, need.device_loaded);
  return Answer::kReserved;
}

absl::Status ResourceTracker::Refusal(const MemoryNeed& need) const {
  if (host_.Ask(need.loading) == PoolAnswer::kRefused) {
    return TooLarge(need.loading, host_, "memory",
                    "raise --max-model-memory, ");
  }
  return TooLarge(need.device_loading, device_, "the device's memory", "");
}

void ResourceTracker::Settle(int64_t holder, const MemoryNeed& need) {
  host_.Set(holder, need.loaded, need.loaded);
  device_.Set(holder, need.device_loaded, need.device_loaded);
}

void ResourceTracker::MarkLeaving(int64_t holder) {
  host_.MarkLeaving(holder);
  device_.MarkLeaving(holder);
}

void ResourceTracker::Release(int64_t holder) {
  host_.Release(holder);
  device_.Release(holder);
}

}  // namespace sconce
