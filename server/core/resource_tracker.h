// ResourceTracker: which memory is promised to which servable.
#ifndef SERVER_CORE_RESOURCE_TRACKER_H_
#define SERVER_CORE_RESOURCE_TRACKER_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"

#include "server/core/loader.h"
#include "server/core/memory_pool.h"

namespace sconce {

// The host's memory and the devices'. A load is reserved before it starts, in
// all that it needs or in none. Not thread-safe.
class ResourceTracker {
 public:
  enum class Answer { kReserved, kWait, kRefused };

  using Budgets = std::map<std::string, int64_t>;  // by the devices' names

  // In bytes; 0 is no limit.
  explicit ResourceTracker(int64_t host_budget,
                           const Budgets& device_budgets = {});

  // kReserved: the load may begin. kWait: it fits when loads that go on have
  // ended or what is on its way out is gone. kRefused: it does not fit beside
  // what is to stay. REQUIRES: `holder` holds nothing; the devices have
  // budgets.
  Answer Reserve(int64_t holder, const MemoryNeed& need);

  // Says why Reserve() refused: RESOURCE_EXHAUSTED with the figures.
  absl::Status Refusal(const MemoryNeed& need) const;

  // The load ended well, and `need.loaded` stays; what is known by now may be
  // more than what was reserved.
  void Settle(int64_t holder, const MemoryNeed& need);

  // It is on its way out: its memory will come back.
  void MarkLeaving(int64_t holder);

  // Without effect for one that holds nothing.
  void Release(int64_t holder);

  int64_t reserved() const { return host_.reserved(); }
  int64_t reserved_on(const std::string& device) const {
    return devices_.at(device).reserved();
  }

 private:
  Answer Ask(const MemoryNeed& need) const;

  MemoryPool host_;
  std::map<std::string, MemoryPool> devices_;
};

}  // namespace sconce

#endif  // SERVER_CORE_RESOURCE_TRACKER_H_
