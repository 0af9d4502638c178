// ModelChangePages: what one client of WatchModels is told, piece by piece.
#ifndef SERVER_RPC_MODEL_CHANGE_PAGES_H_
#define SERVER_RPC_MODEL_CHANGE_PAGES_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "management/v1/management.pb.h"
#include "server/core/state_monitor.h"

namespace sconce {

// Asks the monitor for a page when the last one was told, so that what a slow
// client has not heard waits in the monitor, which is bounded. One thread at a
// time.
class ModelChangePages {
 public:
  // Changes in one response: far below the 4 MiB that clients take.
  static constexpr size_t kMostChanges = 256;

  // `monitor` is borrowed. `start` goes into the tokens. Begins after
  // `position`, or with a snapshot.
  ModelChangePages(const StateMonitor* monitor, uint64_t start,
                   std::optional<uint64_t> position)
      : monitor_(monitor), start_(start), position_(position) {}

  // The next response; false when there is nothing new.
  bool Next(management::v1::WatchModelsResponse* response);

 private:
  const StateMonitor* const monitor_;
  const uint64_t start_;
  std::optional<uint64_t> position_;  // of the page; nothing before the first
  StateMonitor::Page page_;
  size_t told_ = 0;  // events of the page
};

}  // namespace sconce

#endif  // SERVER_RPC_MODEL_CHANGE_PAGES_H_
