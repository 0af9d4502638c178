#include "server/core/memory_pool.h"

#include <algorithm>
#include <utility>

namespace sconce {

MemoryPool::Answer MemoryPool::Ask(int64_t bytes) const {
  // Not as a sum: a file may claim any size.
  if (budget_ == 0 || bytes <= budget_ - reserved_) return Answer::kFits;
  return bytes <= budget_ - staying_ ? Answer::kWait : Answer::kRefused;
}

void MemoryPool::Set(int64_t holder, int64_t now, int64_t stays) {
  // Without a limit a claim is taken as it is; the sums must not overflow.
  constexpr int64_t kMost = int64_t{1} << 50;
  const Holding holding = {std::clamp<int64_t>(now, 0, kMost),
                           std::clamp<int64_t>(stays, 0, kMost)};
  Release(holder);
  reserved_ += holding.now;
  staying_ += holding.stays;
  holdings_.emplace(holder, holding);
}

void MemoryPool::MarkLeaving(int64_t holder) {
  const auto found = holdings_.find(holder);
  if (found == holdings_.end()) return;
  staying_ -= std::exchange(found->second.stays, 0);
}

void MemoryPool::Release(int64_t holder) {
  const auto found = holdings_.find(holder);
  if (found == holdings_.end()) return;
  reserved_ -= found->second.now;
  staying_ -= found->second.stays;
  holdings_.erase(found);
}

}  // namespace sconce
