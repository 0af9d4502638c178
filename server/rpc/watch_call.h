// WatchCall: one Watch RPC of the health service.
#ifndef SERVER_RPC_WATCH_CALL_H_
#define SERVER_RPC_WATCH_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include <atomic>
#include <optional>

#include "health/v1/health.grpc.pb.h"
#include "server/base/mutex.h"
#include "server/rpc/call_queue.h"
#include "server/rpc/call_tag.h"
#include "server/rpc/health_states.h"

namespace sconce {

using AsyncHealthService = grpc::health::v1::Health::AsyncService;

// Owns itself. Tells the newest state whenever the stream is free; states that
// came and went while it was busy are left out. Ends when the call does: the
// client left, or the server shut down. With several threads on the queue the
// end may come while OnStarted() still runs.
class WatchCall : public HealthListener, private CountedCall {
 public:
  // Waits for the next Watch on `queue`. `service` and `states` outlive it.
  static void Post(AsyncHealthService* service, HealthStates* states,
                   CallQueue* queue);

  // HealthListener:
  void OnStatus(HealthStatus status) override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using Response = grpc::health::v1::HealthCheckResponse;

  WatchCall(AsyncHealthService* service, HealthStates* states, CallQueue* queue)
      : CountedCall(queue), service_(service), states_(states) {}

  // Events, on the completion queue's thread.
  void OnStarted(bool ok);
  void OnWritten(bool ok);
  void OnEnded(bool ok);
  void OnFinished(bool) { Unref(); }
  void Unref();

  // Keeps the call for the length of an event: another thread may meanwhile
  // deliver the one that ends it. To be declared before any lock.
  class Hold;

  void Write(HealthStatus status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void FinishIfIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  AsyncHealthService* const service_;
  HealthStates* const states_;

  MemberTag<WatchCall, &WatchCall::OnStarted> started_tag_{this};
  MemberTag<WatchCall, &WatchCall::OnWritten> written_tag_{this};
  MemberTag<WatchCall, &WatchCall::OnEnded> ended_tag_{this};
  MemberTag<WatchCall, &WatchCall::OnFinished> finished_tag_{this};

  grpc::ServerContext context_;
  grpc::health::v1::HealthCheckRequest request_;
  grpc::ServerAsyncWriter<Response> writer_{&context_};

  std::atomic<int> references_ = 2;  // OnStarted() and the stream

  // Taken after HealthStates' lock.
  Mutex mu_;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  bool finishing_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<HealthStatus> next_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_RPC_WATCH_CALL_H_
