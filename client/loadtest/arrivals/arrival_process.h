// ArrivalProcess: when the requests of an open loop are due.
#ifndef CLIENT_LOADTEST_ARRIVALS_ARRIVAL_PROCESS_H_
#define CLIENT_LOADTEST_ARRIVALS_ARRIVAL_PROCESS_H_

#include <chrono>
#include <optional>
#include <string>

namespace sconce::load {

struct Arrival {
  std::chrono::nanoseconds due{0};  // since the load began
  std::string entry;                // of the mix; empty: drawn by the weights
};

// An endless or a finite row of arrivals. The times depend on the options and
// the seed alone, never on what the server does. One thread at a time.
class ArrivalProcess {
 public:
  virtual ~ArrivalProcess() = default;

  // The next one, due no earlier than the one before; none: that was the last.
  virtual std::optional<Arrival> Next() = 0;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_ARRIVALS_ARRIVAL_PROCESS_H_
