// StreamInferCall: one ModelStreamInfer RPC, requests in and answers out.
#ifndef SERVER_RPC_STREAM_INFER_CALL_H_
#define SERVER_RPC_STREAM_INFER_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <deque>
#include <memory>
#include <optional>

#include "server/base/mutex.h"
#include "server/rpc/call_queue.h"
#include "server/rpc/call_tag.h"
#include "server/rpc/inference_context.h"
#include "server/rpc/open_streams.h"
#include "server/rpc/streamed_request.h"

namespace sconce {

// Schedules requests as they come, without waiting for answers, and sends the
// answers in the order of the requests. A failed request is an answer like any
// other, unless the client asked for gRPC's errors: then the first one ends
// the stream. Ends when the client sends no more and has all its answers, or
// when the server drains and what was read is answered.
//
// Owns itself and its requests. The completion queue's threads bring events,
// lanes bring answers; what either leads to is decided in NextStep(), under
// the lock, and done without it. Every event that gRPC owes and every request
// that runs holds a reference; the last one deletes the object.
class StreamInferCall : public DrainableStream, private CountedCall {
 public:
  // Waits for the next stream on `queue`. The others outlive the call.
  static void Post(AsyncInferenceService* service,
                   const InferenceContext* context, OpenStreams* streams,
                   CallQueue* queue);

  // For its requests, on any thread.
  bool IsCancelled() const {
    return cancelled_.load(std::memory_order_relaxed);
  }
  void OnAnswered(StreamedRequest* request, StreamAnswer answer)
      ABSL_LOCKS_EXCLUDED(mu_);

  // DrainableStream:
  void OnDrain() override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // What to ask of gRPC.
  struct Step {
    bool read = false;
    std::unique_ptr<StreamedRequest> answered;  // send its answer
    std::optional<grpc::Status> end;
  };

  StreamInferCall(AsyncInferenceService* service,
                  const InferenceContext* context, OpenStreams* streams,
                  CallQueue* queue);

  // Events, on the completion queue's threads.
  void OnStarted(bool ok) ABSL_LOCKS_EXCLUDED(mu_);
  void OnRead(bool ok) ABSL_LOCKS_EXCLUDED(mu_);
  void OnWritten(bool ok) ABSL_LOCKS_EXCLUDED(mu_);
  void OnFinished(bool ok) ABSL_LOCKS_EXCLUDED(mu_);
  void OnCallEnded(bool ok) ABSL_LOCKS_EXCLUDED(mu_);

  // Makes the next request; null when the stream ends already.
  StreamedRequest* AddRequest() ABSL_LOCKS_EXCLUDED(mu_);

  // Does what can be done now. REQUIRES: the caller holds a reference.
  void Advance() ABSL_LOCKS_EXCLUDED(mu_);
  Step NextStep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool MayRead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::optional<grpc::Status> EndNow() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  void Ref() { references_.fetch_add(1, std::memory_order_relaxed); }
  void Unref();

  AsyncInferenceService* const service_;
  const InferenceContext* const inference_;
  OpenStreams* const streams_;

  MemberTag<StreamInferCall, &StreamInferCall::OnStarted> started_tag_{this};
  MemberTag<StreamInferCall, &StreamInferCall::OnRead> read_tag_{this};
  MemberTag<StreamInferCall, &StreamInferCall::OnWritten> written_tag_{this};
  MemberTag<StreamInferCall, &StreamInferCall::OnFinished> finished_tag_{this};
  MemberTag<StreamInferCall, &StreamInferCall::OnCallEnded> ended_tag_{this};

  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> stream_{
      &context_};
  grpc::ByteBuffer message_;  // belongs to the read under way

  std::atomic<bool> cancelled_ = false;
  std::atomic<int> references_ = 2;  // the start and the end of the call

  // Taken after OpenStreams' lock.
  Mutex mu_;
  std::deque<std::unique_ptr<StreamedRequest>> unanswered_ ABSL_GUARDED_BY(mu_);
  bool ends_on_error_ ABSL_GUARDED_BY(mu_) = false;
  bool reading_ ABSL_GUARDED_BY(mu_) = false;
  bool reads_done_ ABSL_GUARDED_BY(mu_) = false;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace sconce

#endif  // SERVER_RPC_STREAM_INFER_CALL_H_
