// Exchange: sends requests and records what became of them.
#ifndef CLIENT_LOADTEST_SENDING_EXCHANGE_H_
#define CLIENT_LOADTEST_SENDING_EXCHANGE_H_

#include <grpcpp/completion_queue.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client/cpp/src/channel_pool.h"
#include "client/loadtest/measure/outcome.h"
#include "client/loadtest/measure/recorder.h"
#include "client/loadtest/payload/mix.h"
#include "client/loadtest/sending/answer_checker.h"
#include "client/loadtest/sending/call_pool.h"
#include "client/loadtest/sending/check_sampler.h"
#include "client/loadtest/sending/live_figures.h"
#include "client/loadtest/sending/load_plan.h"
#include "client/loadtest/sending/mix_draw.h"
#include "client/loadtest/sending/waker.h"

namespace sconce::load {

// What a load needs; all of it outlives the load.
struct LoadParts {
  const LoadPlan* plan;
  const Mix* mix;
  ChannelPool* channels;
  LiveFigures* live;
};

// A receiving thread serves a completion queue; the answers that are checked go
// on to a thread of their own, so that a check delays no other answer.
class Exchange {
 public:
  using Time = Outcome::Time;

  // `on_end` runs on the receiving thread after each request, and may start
  // the next one.
  Exchange(const LoadParts& parts, Window window,
           std::function<void(grpc::StatusCode)> on_end = nullptr);

  // REQUIRES: Finish() was called.
  ~Exchange();

  // Sends a request now that was due at `due`. Does not block. Thread-safe.
  void Start(Time due, Choice choice);

  // A request that was due and is not sent. One thread at a time.
  void AddUnsent(Time due, Choice choice);

  // Of all, and of those that are due within the window. Thread-safe.
  int64_t under_way() const { return under_way_.load(); }
  int64_t window_under_way() const { return window_under_way_.load(); }

  // From now on `waker` is woken whenever one of the two numbers becomes 0. It
  // outlives the exchange. Thread-safe.
  void WakeAtEnd(Waker* waker) { waker_ = waker; }

  // Ends all requests that are under way. Thread-safe.
  void CancelAll() { calls_.CancelAll(); }

  // The figures of the window; once.
  // REQUIRES: no request is under way, and none will be started.
  Record Finish();

 private:
  void Send(Call* call);
  void Receive();
  void End(Call* call, Time now);
  Outcome OutcomeOf(const Call& call, Time now);
  void AddAnswer(Call* call, Outcome outcome);
  void Show(const Outcome& outcome);
  const Payload& PayloadOf(const Call& call) const;

  // Constant after construction.
  const LoadParts parts_;
  const Window window_;
  const std::function<void(grpc::StatusCode)> on_end_;
  const std::string authorization_;

  CallPool calls_;
  std::atomic<int64_t> under_way_ = 0;
  std::atomic<int64_t> window_under_way_ = 0;
  std::atomic<Waker*> waker_ = nullptr;

  Recorder unsent_;  // the sender's

  // The receiving thread's.
  Recorder recorder_;
  CheckSampler sampler_;

  AnswerChecker checker_;
  grpc::CompletionQueue queue_;
  std::thread receiver_;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_EXCHANGE_H_
