#include "server/core/resource_tracker.h"

#include <string>
#include <vector>

#include "absl/algorithm/container.h"
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

ResourceTracker::ResourceTracker(int64_t host_budget,
                                 const Budgets& device_budgets)
    : host_(host_budget) {
  for (const auto& [device, budget] : device_budgets) {
    devices_.emplace(device, MemoryPool(budget));
  }
}

ResourceTracker::Answer ResourceTracker::Ask(const MemoryNeed& need) const {
  std::vector<PoolAnswer> answers = {host_.Ask(need.loading)};
  for (const std::string& device : need.devices) {
    answers.push_back(devices_.at(device).Ask(need.device_loading));
  }
  if (absl::c_linear_search(answers, PoolAnswer::kRefused)) {
    return Answer::kRefused;
  }
  return absl::c_linear_search(answers, PoolAnswer::kWait) ? Answer::kWait
                                                           : Answer::kReserved;
}

ResourceTracker::Answer ResourceTracker::Reserve(int64_t holder,
                                                 const MemoryNeed& need) {
  const Answer answer = Ask(need);
  if (answer != Answer::kReserved) return answer;
  host_.Set(holder, need.loading, need.loaded);
  for (const std::string& device : need.devices) {
    devices_.at(device).Set(holder, need.device_loading, need.device_loaded);
  }
  return answer;
}

absl::Status ResourceTracker::Refusal(const MemoryNeed& need) const {
  for (const std::string& device : need.devices) {
    const MemoryPool& pool = devices_.at(device);
    if (pool.Ask(need.device_loading) != PoolAnswer::kRefused) continue;
    return TooLarge(need.device_loading, pool,
                    absl::StrCat("the memory of ", device),
                    "raise --gpu-memory-fraction, ");
  }
  return TooLarge(need.loading, host_, "memory", "raise --max-model-memory, ");
}

void ResourceTracker::Settle(int64_t holder, const MemoryNeed& need) {
  host_.Set(holder, need.loaded, need.loaded);
  for (const std::string& device : need.devices) {
    devices_.at(device).Set(holder, need.device_loaded, need.device_loaded);
  }
}

void ResourceTracker::MarkLeaving(int64_t holder) {
  host_.MarkLeaving(holder);
  for (auto& [device, pool] : devices_) pool.MarkLeaving(holder);
}

void ResourceTracker::Release(int64_t holder) {
  host_.Release(holder);
  for (auto& [device, pool] : devices_) pool.Release(holder);
}

}  // namespace sconce
