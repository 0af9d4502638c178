#include "server/batching/run_time_estimate.h"

#include <algorithm>

namespace sconce {
namespace {

constexpr int kWeight = 16;

// A batch below kStall counts at most as much as this: one that was interrupted
// leaves a short mean short, and a few that are long do not.
constexpr MonoDuration kMostCounted = 10 * RunTimeEstimate::kShort;

// So that one stall of an hour is forgotten like one of a second.
constexpr MonoDuration kMostRemembered = std::chrono::seconds(1);

}  // namespace

void RunTimeEstimate::Add(MonoDuration took) {
  if (took >= kStall) {
    mean_.store(std::min(took, kMostRemembered), std::memory_order_relaxed);
    return;
  }
  const MonoDuration mean = mean_.load(std::memory_order_relaxed);
  const MonoDuration counted = std::min(took, kMostCounted);
  mean_.store(mean + (counted - mean) / kWeight, std::memory_order_relaxed);
}

}  // namespace sconce
