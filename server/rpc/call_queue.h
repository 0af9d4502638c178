// CallQueue: a completion queue and the count of the calls that use it.
#ifndef SERVER_RPC_CALL_QUEUE_H_
#define SERVER_RPC_CALL_QUEUE_H_

#include <grpcpp/completion_queue.h>

#include <memory>
#include <utility>

#include "server/base/inflight_gate.h"

namespace sconce {

// gRPC ends the process when an operation is started on a queue that was shut
// down. So every call object, waiting or running, is counted, and the queue is
// shut down when none is left. Thread-safe.
class CallQueue {
 public:
  explicit CallQueue(std::unique_ptr<grpc::ServerCompletionQueue> queue)
      : queue_(std::move(queue)) {}

  grpc::ServerCompletionQueue* get() const { return queue_.get(); }

  // Waits until no call is left, then lets the queue's threads end. REQUIRES:
  // the server was shut down, so that no call waits for a client any more.
  void Shutdown() {
    calls_.WaitIdle(kNoDeadline);
    queue_->Shutdown();
  }

 private:
  friend class CountedCall;

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  InflightGate calls_;
};

// A call object, counted from construction to destruction.
class CountedCall {
 public:
  explicit CountedCall(CallQueue* queue) : call_queue_(queue) {
    // The gate is never closed; it only counts.
    [[maybe_unused]] const bool entered = queue->calls_.Enter();
  }
  virtual ~CountedCall() { call_queue_->calls_.Leave(); }
  CountedCall(const CountedCall&) = delete;
  CountedCall& operator=(const CountedCall&) = delete;

  CallQueue* call_queue() const { return call_queue_; }

 private:
  CallQueue* const call_queue_;
};

}  // namespace sconce

#endif  // SERVER_RPC_CALL_QUEUE_H_
