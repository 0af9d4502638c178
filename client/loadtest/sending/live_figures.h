// LiveFigures: what a load is doing now, for whoever watches it.
#ifndef CLIENT_LOADTEST_SENDING_LIVE_FIGURES_H_
#define CLIENT_LOADTEST_SENDING_LIVE_FIGURES_H_

#include <atomic>
#include <cstdint>

namespace sconce::load {

// Of all requests since the load began, inside the window and outside.
// Thread-safe; the figures may be of slightly different times.
struct LiveFigures {
  std::atomic<int64_t> due = 0;
  std::atomic<int64_t> unsent = 0;
  std::atomic<int64_t> ok = 0;
  std::atomic<int64_t> failed = 0;      // any other code
  std::atomic<int64_t> slowest_ns = 0;  // since it was last set to 0
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_LIVE_FIGURES_H_
