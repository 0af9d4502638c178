// RunLoad: one load from start to end.
#ifndef CLIENT_LOADTEST_SENDING_LOAD_RUN_H_
#define CLIENT_LOADTEST_SENDING_LOAD_RUN_H_

#include <functional>
#include <optional>
#include <stop_token>

#include "client/loadtest/arrivals/arrival_process.h"
#include "client/loadtest/measure/run_result.h"
#include "client/loadtest/sending/exchange.h"

namespace sconce::load {

// Reads the server's own counters; either may block for a while.
struct ServerWatch {
  std::function<void()> begin;                    // at the window's begin
  std::function<std::optional<ServerUse>()> end;  // since then
};

// Warms up, sends the requests of the window and a few more, and waits for all
// answers: for the timeout of the plan at most. `arrivals` is null for a closed
// loop. Blocks.
//
// A stop ends the sending at once, and a second later the requests that are
// still under way; the result is that of the time until then.
RunResult RunLoad(const LoadParts& parts, ArrivalProcess* arrivals,
                  const ServerWatch& watch, std::stop_token stop);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_LOAD_RUN_H_
