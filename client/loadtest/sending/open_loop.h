// OpenLoop: requests at the times of an arrival process.
#ifndef CLIENT_LOADTEST_SENDING_OPEN_LOOP_H_
#define CLIENT_LOADTEST_SENDING_OPEN_LOOP_H_

#include <optional>

#include "client/loadtest/arrivals/arrival_process.h"
#include "client/loadtest/sending/load_loop.h"
#include "client/loadtest/sending/mix_draw.h"
#include "client/loadtest/sending/waker.h"

namespace sconce::load {

// Does not slow down with the server: it shows overload, and what a user sees
// when the server stalls, for each latency counts from the time at which the
// request was due, sent or not.
class OpenLoop final : public LoadLoop {
 public:
  // `arrivals` outlives it.
  OpenLoop(const LoopParts& parts, ArrivalProcess* arrivals);

  // The calling thread sends: it sleeps until a request is due and never waits
  // for an answer. It gets a high priority, where the system allows it.
  void Run(std::stop_token stop) override;

  Exchange& exchange() override { return exchange_; }

 private:
  // Sleeps; false when the load is over before `due`.
  bool Await(Outcome::Time due);
  bool IsOver(Outcome::Time now) const;
  void Send(const Arrival& arrival);

  const LoopParts parts_;
  ArrivalProcess* const arrivals_;
  std::stop_token stop_;

  // The sending thread's.
  MixDraw draw_;
  bool window_is_over_ = false;

  Waker waker_;
  Exchange exchange_;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_OPEN_LOOP_H_
