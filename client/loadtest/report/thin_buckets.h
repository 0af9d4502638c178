// ThinBuckets: a distribution in fewer buckets.
#ifndef CLIENT_LOADTEST_REPORT_THIN_BUCKETS_H_
#define CLIENT_LOADTEST_REPORT_THIN_BUCKETS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sconce::load {

using Buckets = std::vector<std::pair<std::chrono::nanoseconds, int64_t>>;

// At most `most` (> 63) buckets: as they are, else neighbours put together,
// each twice as wide for its value as before until they are few enough. No
// value is lost, and none counts as less than it was.
Buckets ThinBuckets(const Buckets& buckets, size_t most);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_REPORT_THIN_BUCKETS_H_
