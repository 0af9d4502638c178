// ClosedLoop: a fixed number of requests under way at all times.
#ifndef CLIENT_LOADTEST_SENDING_CLOSED_LOOP_H_
#define CLIENT_LOADTEST_SENDING_CLOSED_LOOP_H_

#include <atomic>

#include "absl/base/thread_annotations.h"

#include "client/cpp/src/mutex.h"
#include "client/loadtest/sending/load_loop.h"
#include "client/loadtest/sending/mix_draw.h"
#include "client/loadtest/sending/waker.h"

namespace sconce::load {

// Each answer starts the next request. It measures cost and capacity, and says
// nothing about overload, for it slows down with the server.
//
// Where there is no server any more each call would fail at once and start the
// next: after UNAVAILABLE the next one waits for a moment.
class ClosedLoop final : public LoadLoop {
 public:
  explicit ClosedLoop(const LoopParts& parts);

  void Run(std::stop_token stop) override;

  Exchange& exchange() override { return exchange_; }

 private:
  void Start();
  // Sleeps until there may be something to do; starts again what waits for
  // that.
  void Await(Outcome::Time now);
  void OnEnd(grpc::StatusCode code);
  bool IsOver(Outcome::Time now) const;

  const LoopParts parts_;
  std::stop_token stop_;  // constant once requests are started

  Mutex mu_;
  MixDraw draw_ ABSL_GUARDED_BY(mu_);
  std::atomic<int> waiting_ = 0;  // to be started again

  Waker waker_;
  Exchange exchange_;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_CLOSED_LOOP_H_
