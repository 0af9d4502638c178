// LoadLoop: decides when requests are sent.
#ifndef CLIENT_LOADTEST_SENDING_LOAD_LOOP_H_
#define CLIENT_LOADTEST_SENDING_LOAD_LOOP_H_

#include <chrono>
#include <stop_token>

#include "client/loadtest/measure/recorder.h"
#include "client/loadtest/sending/exchange.h"

namespace sconce::load {

// How long the load goes on after the window, until the last requests of the
// window are answered: they should meet what the first ones met.
inline constexpr std::chrono::seconds kLongestTail(2);

// What both loops have in common.
struct LoopParts {
  LoadParts load;
  Outcome::Time begin;  // of the warm-up
  Window window;        // begins after it
};

class LoadLoop {
 public:
  virtual ~LoadLoop() = default;

  // Sends from the begin until after the window, or until it is to stop; once.
  // Blocks meanwhile. Requests may be under way when it returns.
  virtual void Run(std::stop_token stop) = 0;

  // Those that are.
  virtual Exchange& exchange() = 0;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_LOAD_LOOP_H_
