// StreamCall: one ModelStreamInfer call on a completion queue.
#ifndef CLIENT_CPP_SRC_STREAM_CALL_H_
#define CLIENT_CPP_SRC_STREAM_CALL_H_

#include <grpcpp/alarm.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <deque>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"

#include "client/cpp/src/borrowed_bytes.h"
#include "client/cpp/src/client_core.h"
#include "client/cpp/src/open_calls.h"

namespace sconce {
inline namespace client {

// Writes messages one after another, and reads one whenever it is asked to. It
// is over when the server's status has come, no event is outstanding and gRPC
// has let go of what was lent. Thread-safe. Owned by ClientCore::calls and by
// the InferStream.
class StreamCall final : public OpenCall,
                         public std::enable_shared_from_this<StreamCall> {
 public:
  // The next message, or null when the call is over: then status() says why.
  using OnMessage = absl::AnyInvocable<void(grpc::ByteBuffer*) &&>;

  // Begins the call; it may be over at once.
  static std::shared_ptr<StreamCall> Start(ClientCore* core,
                                           const CallOptions& options);

  // What messages of this stream are lent through.
  BorrowedBytes* borrowed() { return borrowed_.get(); }

  // Queues a message. What ended the call, when it is over;
  // FAILED_PRECONDITION after CloseSend().
  absl::Status Write(grpc::ByteBuffer message) ABSL_LOCKS_EXCLUDED(mu_);

  void CloseSend() ABSL_LOCKS_EXCLUDED(mu_);

  // Calls `on_message` once, with the next message, on the queue's thread; here
  // when the call is over. REQUIRES: no other read is under way.
  void Read(OnMessage on_message) ABSL_LOCKS_EXCLUDED(mu_);

  void Cancel() override ABSL_LOCKS_EXCLUDED(mu_);

  bool over() const ABSL_LOCKS_EXCLUDED(mu_);

  // REQUIRES: over().
  absl::Status status() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  StreamCall(ClientCore* core, const CallOptions& options);

  void Begin() ABSL_LOCKS_EXCLUDED(mu_);
  void OnStarted(bool ok) ABSL_LOCKS_EXCLUDED(mu_);
  void OnWritten(bool ok) ABSL_LOCKS_EXCLUDED(mu_);
  void OnRead(bool ok) ABSL_LOCKS_EXCLUDED(mu_);
  void OnFinished(bool ok) ABSL_LOCKS_EXCLUDED(mu_);
  void OnBytesFree(bool ok) ABSL_LOCKS_EXCLUDED(mu_);

  // Start what is due, if nothing of its kind is under way.
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ReadNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // When the last event has come.
  void EndIfDone() ABSL_LOCKS_EXCLUDED(mu_);
  void End(absl::Status status) ABSL_LOCKS_EXCLUDED(mu_);

  // Constant after construction.
  ClientCore* const core_;
  grpc::CompletionQueue* const queue_;
  const CallOptions options_;
  const std::shared_ptr<BorrowedBytes> borrowed_;  // with its slices

  CallEvent<StreamCall, &StreamCall::OnStarted> started_event_{this};
  CallEvent<StreamCall, &StreamCall::OnWritten> written_event_{this};
  CallEvent<StreamCall, &StreamCall::OnRead> read_event_{this};
  CallEvent<StreamCall, &StreamCall::OnFinished> finished_event_{this};
  CallEvent<StreamCall, &StreamCall::OnBytesFree> free_event_{this};

  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::ByteBuffer message_;   // of the read under way
  grpc::Status final_status_;  // of the Finish under way
  grpc::Alarm free_alarm_;

  // gRPC's asynchronous calls are made with the lock held: they only start
  // things, and call nothing of ours.
  mutable Mutex mu_;
  bool started_ ABSL_GUARDED_BY(mu_) = false;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool reading_ ABSL_GUARDED_BY(mu_) = false;
  bool broken_ ABSL_GUARDED_BY(mu_) = false;    // nothing more to write or read
  bool finished_ ABSL_GUARDED_BY(mu_) = false;  // final_status_ has come
  bool write_failed_ ABSL_GUARDED_BY(mu_) = false;
  bool close_wanted_ ABSL_GUARDED_BY(mu_) = false;
  bool close_sent_ ABSL_GUARDED_BY(mu_) = false;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;  // cancelled: read to the end
  bool over_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  std::deque<grpc::ByteBuffer> unsent_ ABSL_GUARDED_BY(mu_);
  OnMessage on_message_ ABSL_GUARDED_BY(mu_);
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_STREAM_CALL_H_
