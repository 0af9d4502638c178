// WatchCall: one Watch RPC of the health service.
#ifndef SERVER_RPC_WATCH_CALL_H_
#define SERVER_RPC_WATCH_CALL_H_

#include <grpcpp/completion_queue.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include <optional>

#include "health/v1/health.grpc.pb.h"
#include "server/base/mutex.h"
#include "server/rpc/call_tag.h"
#include "server/rpc/health_states.h"

namespace sconce {

using AsyncHealthService = grpc::health::v1::Health::AsyncService;

// Owns itself. Tells the newest state whenever the stream is free; states that
// came and went while it was busy are left out. Ends when the call does: the
// client left, or the server shut down.
class WatchCall : public HealthListener {
 public:
  // Waits for the next Watch on `queue`. `service` and `states` outlive it.
  static void Post(AsyncHealthService* service, HealthStates* states,
                   grpc::ServerCompletionQueue* queue);

  // HealthListener:
  void OnStatus(HealthStatus status) override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using Response = grpc::health::v1::HealthCheckResponse;

  WatchCall(AsyncHealthService* service, HealthStates* states,
            grpc::ServerCompletionQueue* queue)
      : service_(service), states_(states), queue_(queue) {}

  // Events, on the completion queue's thread.
  void OnStarted(bool ok);
  void OnWritten(bool ok);
  void OnEnded(bool ok);
  void OnFinished(bool) { delete this; }

  void Write(HealthStatus status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void FinishIfIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  AsyncHealthService* const service_;
  HealthStates* const states_;
  grpc::ServerCompletionQueue* const queue_;

  MemberTag<WatchCall, &WatchCall::OnStarted> started_tag_{this};
  MemberTag<WatchCall, &WatchCall::OnWritten> written_tag_{this};
  MemberTag<WatchCall, &WatchCall::OnEnded> ended_tag_{this};
  MemberTag<WatchCall, &WatchCall::OnFinished> finished_tag_{this};

  grpc::ServerContext context_;
  grpc::health::v1::HealthCheckRequest request_;
  grpc::ServerAsyncWriter<Response> writer_{&context_};

  // Taken after HealthStates' lock.
  Mutex mu_;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<HealthStatus> next_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_RPC_WATCH_CALL_H_
