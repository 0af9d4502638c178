#include "server/batching/run_time_estimate.h"

#include <algorithm>

namespace sconce {
namespace {

constexpr int kWeight = 16;

// A batch below kStall counts at most as much as this.
constexpr MonoDuration kMostCounted = 4 * RunTimeEstimate::kShort;

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
