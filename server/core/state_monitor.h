// StateMonitor: the states of all servables, and what changed since when.
#ifndef SERVER_CORE_STATE_MONITOR_H_
#define SERVER_CORE_STATE_MONITOR_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/time/time.h"

#include "server/base/mutex.h"
#include "server/core/servable_state.h"

namespace sconce {

// Somebody who wants to know that there is something new.
class StateWatcher {
 public:
  virtual ~StateWatcher() = default;
  // On the thread that made the change; must not block nor call the monitor.
  virtual void OnStateChange() = 0;
};

struct StateEvent {
  uint64_t sequence = 0;  // 1, 2, 3 … without gaps
  // Of a version that is not registered any more, kDisabled.
  ServableReport report;
  absl::Time time;  // by the clock of the day; for people
};

// Keeps the last `capacity` changes, so its memory is bounded. Thread-safe.
class StateMonitor {
 public:
  static constexpr size_t kDefaultCapacity = 4096;

  struct Page {
    // False: some changes are not kept any more (or no position was given), and
    // `events` is the present state of every servable in their place.
    bool continues = false;
    std::vector<StateEvent> events;
    uint64_t position = 0;  // to go on from
  };

  explicit StateMonitor(size_t capacity = kDefaultCapacity)
      : capacity_(capacity) {}

  // Without effect when it tells what the last one did.
  void Publish(const ServableReport& report) ABSL_LOCKS_EXCLUDED(mu_);

  // What happened after `position`.
  Page Since(std::optional<uint64_t> position) const ABSL_LOCKS_EXCLUDED(mu_);

  // A removed watcher is not called any more when Remove() returns.
  void Add(StateWatcher* watcher) ABSL_LOCKS_EXCLUDED(mu_);
  void Remove(StateWatcher* watcher) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using Key = std::pair<std::string, int64_t>;  // model, version

  bool IsKnown(const ServableReport& report) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const size_t capacity_;

  mutable Mutex mu_;
  uint64_t last_ ABSL_GUARDED_BY(mu_) = 0;
  std::deque<StateEvent> events_ ABSL_GUARDED_BY(mu_);
  std::map<Key, StateEvent> present_ ABSL_GUARDED_BY(mu_);
  std::set<StateWatcher*> watchers_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_CORE_STATE_MONITOR_H_
