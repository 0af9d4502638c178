// ResourceTracker: which memory is promised to which servable.
#ifndef SERVER_CORE_RESOURCE_TRACKER_H_
#define SERVER_CORE_RESOURCE_TRACKER_H_

#include <cstdint>
#include <map>

#include "absl/status/status.h"

#include "server/core/loader.h"

namespace sconce {

// Book-keeping of one budget (the host's memory; a device has its own). A load
// is reserved before it starts. Not thread-safe.
class ResourceTracker {
 public:
  enum class Answer { kReserved, kWait, kRefused };

  // `budget` in bytes; 0 is no limit.
  explicit ResourceTracker(int64_t budget) : budget_(budget) {}

  // kReserved: the load may begin. kWait: it fits when loads that go on have
  // ended or what is on its way out is gone. kRefused: it does not fit beside
  // what is to stay. REQUIRES: `holder` holds nothing.
  Answer Reserve(int64_t holder, const MemoryNeed& need);

  // Says why Reserve() refused: RESOURCE_EXHAUSTED with the figures.
  absl::Status Refusal(const MemoryNeed& need) const;

  // The load ended well and `bytes` stay.
  void Settle(int64_t holder, int64_t bytes);

  // It is on its way out: its memory will come back.
  void MarkLeaving(int64_t holder);

  // Without effect for one that holds nothing.
  void Release(int64_t holder);

  int64_t reserved() const { return reserved_; }

 private:
  struct Holding {
    int64_t now = 0;    // bytes that are promised
    int64_t stays = 0;  // of these when the load, or the unload, is over
  };

  void Set(int64_t holder, Holding holding);

  const int64_t budget_;
  int64_t reserved_ = 0;  // sum of `now`
  int64_t staying_ = 0;   // sum of `stays`
  std::map<int64_t, Holding> holdings_;
};

}  // namespace sconce

#endif  // SERVER_CORE_RESOURCE_TRACKER_H_
