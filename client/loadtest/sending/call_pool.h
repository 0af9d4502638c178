// CallPool: the requests that are under way.
#ifndef CLIENT_LOADTEST_SENDING_CALL_POOL_H_
#define CLIENT_LOADTEST_SENDING_CALL_POOL_H_

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"

#include "client/cpp/src/mutex.h"
#include "client/loadtest/measure/outcome.h"
#include "client/loadtest/sending/mix_draw.h"

namespace sconce::load {

// One request. Whoever took it from the pool uses it, then the thread that gets
// its end.
struct Call {
  Choice choice;
  bool counts = false;  // due within the window
  Outcome::Time due;
  Outcome::Time sent;
  // The reader lies in memory of the context's call.
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  grpc::ByteBuffer answer;
  grpc::Status status;
};

// Calls are used again: memory grows with the most that were under way at one
// time, not with their number. Thread-safe.
class CallPool {
 public:
  CallPool() = default;
  CallPool(const CallPool&) = delete;
  CallPool& operator=(const CallPool&) = delete;

  // One with a new context and nothing else set. Never null.
  Call* Take() ABSL_LOCKS_EXCLUDED(mu_);

  // REQUIRES: its end has been heard of.
  void Put(Call* call) ABSL_LOCKS_EXCLUDED(mu_);

  // Cancels all that were taken and not put back.
  void CancelAll() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  Mutex mu_;
  std::deque<Call> calls_ ABSL_GUARDED_BY(mu_);
  std::vector<Call*> free_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_CALL_POOL_H_
