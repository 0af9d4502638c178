#include "server/batching/row_latencies.h"

#include <algorithm>
#include <bit>

namespace sconce {
namespace {

constexpr int kWeight = 16;

}  // namespace

void RowLatencies::Add(int64_t rows, MonoDuration took) {
  const auto above = static_cast<uint64_t>(std::max<int64_t>(rows, 1)) - 1;
  const auto index = static_cast<size_t>(std::bit_width(above));
  std::atomic<MonoDuration>& mean = means_[std::min(index, kClasses - 1)];
  const MonoDuration old = mean.load(std::memory_order_relaxed);
  const MonoDuration next =
      old == MonoDuration::zero() ? took : old + (took - old) / kWeight;
  mean.store(next, std::memory_order_relaxed);
}

std::map<int64_t, MonoDuration> RowLatencies::Get() const {
  std::map<int64_t, MonoDuration> latencies;
  for (size_t i = 0; i < kClasses; ++i) {
    const MonoDuration mean = means_[i].load(std::memory_order_relaxed);
    if (mean != MonoDuration::zero()) latencies[int64_t{1} << i] = mean;
  }
  return latencies;
}

}  // namespace sconce
