// WatchModelsCall: one WatchModels RPC.
#ifndef SERVER_RPC_WATCH_MODELS_CALL_H_
#define SERVER_RPC_WATCH_MODELS_CALL_H_

#include <grpcpp/alarm.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include <atomic>
#include <optional>

#include "server/base/mutex.h"
#include "server/core/state_monitor.h"
#include "server/rpc/call_queue.h"
#include "server/rpc/call_tag.h"
#include "server/rpc/management_context.h"
#include "server/rpc/model_change_pages.h"
#include "server/rpc/open_streams.h"

namespace sconce {

// Tells what changed whenever the stream is free. The monitor's word that there
// is news comes with its lock held, so it only wakes the completion queue's
// thread, which then asks. Ends when the client leaves, or when the server
// drains.
//
// Owns itself. Every event that gRPC owes holds a reference; the last one
// deletes the object. At any time at most one of these is under way, and then
// `busy_` is true: the start, a wake-up, asking and writing.
class WatchModelsCall : public StateWatcher,
                        public DrainableStream,
                        private CountedCall {
 public:
  // Waits for the next WatchModels on `queue`. The others outlive the call.
  static void Post(AsyncManagementService* service,
                   const ManagementContext* context, OpenStreams* streams,
                   CallQueue* queue);

  // StateWatcher:
  void OnStateChange() override ABSL_LOCKS_EXCLUDED(mu_);

  // DrainableStream:
  void OnDrain() override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using Response = management::v1::WatchModelsResponse;

  WatchModelsCall(AsyncManagementService* service,
                  const ManagementContext* context, OpenStreams* streams,
                  CallQueue* queue)
      : CountedCall(queue),
        service_(service),
        management_(context),
        streams_(streams) {}

  // Events, on the completion queue's threads.
  void OnStarted(bool ok) ABSL_LOCKS_EXCLUDED(mu_);
  void OnWoken(bool ok) ABSL_LOCKS_EXCLUDED(mu_);
  void OnWritten(bool ok) ABSL_LOCKS_EXCLUDED(mu_);
  void OnFinished(bool) { Unref(); }
  void OnCallEnded(bool ok) ABSL_LOCKS_EXCLUDED(mu_);

  // Opens the pages, or says why not.
  absl::Status Begin();
  // Writes the next response, ends the stream, or waits for news. REQUIRES:
  // busy_, set by the caller, who holds a reference.
  void Advance() ABSL_LOCKS_EXCLUDED(mu_);
  // Gives up busy_ and returns true when there is an end, or, unless
  // `may_be_news`, when nothing happened since the last call.
  bool Rest(bool may_be_news) ABSL_LOCKS_EXCLUDED(mu_);
  void FinishIfIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Hears of nothing any more.
  void Leave() ABSL_LOCKS_EXCLUDED(mu_);

  void Ref() { references_.fetch_add(1, std::memory_order_relaxed); }
  void Unref();

  AsyncManagementService* const service_;
  const ManagementContext* const management_;
  OpenStreams* const streams_;

  MemberTag<WatchModelsCall, &WatchModelsCall::OnStarted> started_tag_{this};
  MemberTag<WatchModelsCall, &WatchModelsCall::OnWoken> woken_tag_{this};
  MemberTag<WatchModelsCall, &WatchModelsCall::OnWritten> written_tag_{this};
  MemberTag<WatchModelsCall, &WatchModelsCall::OnFinished> finished_tag_{this};
  MemberTag<WatchModelsCall, &WatchModelsCall::OnCallEnded> ended_tag_{this};

  grpc::ServerContext context_;
  management::v1::WatchModelsRequest request_;
  grpc::ServerAsyncWriter<Response> writer_{&context_};
  grpc::Alarm alarm_;
  std::optional<ModelChangePages> pages_;  // of whoever set busy_

  std::atomic<int> references_ = 2;  // the start and the end of the call

  // Taken after the monitor's lock and OpenStreams' lock.
  Mutex mu_;
  bool busy_ ABSL_GUARDED_BY(mu_) = true;
  bool news_ ABSL_GUARDED_BY(mu_) = false;
  bool call_ended_ ABSL_GUARDED_BY(mu_) = false;
  bool finishing_ ABSL_GUARDED_BY(mu_) = false;
  // How the stream ends, as soon as it is idle.
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_RPC_WATCH_MODELS_CALL_H_
