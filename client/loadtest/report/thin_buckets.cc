#include "client/loadtest/report/thin_buckets.h"

#include <algorithm>

namespace sconce::load {
namespace {

// The largest number that has the first `bits` bits of `value`: bounds that
// share these are bounds of neighbours.
int64_t WithBits(int64_t value, int bits) {
  const int length = 64 - __builtin_clzll(value | 1);
  const int rest = std::max(0, length - bits);
  return value | ((int64_t{1} << rest) - 1);
}

Buckets WithBits(const Buckets& buckets, int bits) {
  Buckets fewer;
  for (const auto& [upper, count] : buckets) {
    const std::chrono::nanoseconds wider(WithBits(upper.count(), bits));
    if (fewer.empty() || fewer.back().first != wider)
      fewer.push_back({wider, 0});
    fewer.back().second += count;
  }
  // The last bound may be the maximum, and stays that.
  if (!fewer.empty()) fewer.back().first = buckets.back().first;
  return fewer;
}

}  // namespace

Buckets ThinBuckets(const Buckets& buckets, size_t most) {
  Buckets thin = buckets;
  for (int bits = 7; thin.size() > most && bits > 0; --bits) {
    thin = WithBits(buckets, bits);
  }
  return thin;
}

}  // namespace sconce::load
