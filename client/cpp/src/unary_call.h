// UnaryCall: one request, sent until it is answered or has failed for good.
#ifndef CLIENT_CPP_SRC_UNARY_CALL_H_
#define CLIENT_CPP_SRC_UNARY_CALL_H_

#include <grpcpp/alarm.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "client/cpp/src/borrowed_bytes.h"
#include "client/cpp/src/client_core.h"
#include "client/cpp/src/open_calls.h"

namespace sconce {
inline namespace client {

// Runs on the completion queue's thread after Start(): attempt, perhaps a pause
// and another attempt, then, when gRPC has let go of the borrowed bytes, the
// callback. Exactly one event is outstanding at any time. Owned by
// ClientCore::calls. Cancel() is thread-safe.
class UnaryCall final : public OpenCall,
                        public std::enable_shared_from_this<UnaryCall> {
 public:
  struct Request {
    const char* method;  // lives forever
    grpc::ByteBuffer message;
    std::shared_ptr<BorrowedBytes> borrowed;  // of `message`; or null
    std::string model;                        // for errors; or ""
    bool may_retry = true;
    bool sticky = false;  // to the server of all sequences
    CallOptions options;
  };

  using Done = absl::AnyInvocable<void(absl::StatusOr<grpc::ByteBuffer>) &&>;

  // `done` is called once, here (when the client is closing) or later.
  static void Start(ClientCore* core, Request request, Done done);

  void Cancel() override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Attempt;

  UnaryCall(ClientCore* core, Request request, Done done);

  void Send() ABSL_LOCKS_EXCLUDED(mu_);
  void OnAnswer(bool ok) ABSL_LOCKS_EXCLUDED(mu_);
  std::optional<absl::Duration> DelayAfter(const Attempt& attempt);
  void Pause(absl::Duration delay) ABSL_LOCKS_EXCLUDED(mu_);
  void OnPauseOver(bool ok);
  void Settle(absl::StatusOr<grpc::ByteBuffer> result);
  void OnBytesFree(bool ok);

  // Constant after construction.
  ClientCore* const core_;
  grpc::CompletionQueue* const queue_;
  grpc::GenericStub* const stub_;
  const absl::Time deadline_;

  // Used by the starting thread first, then by one queue event at a time.
  Request request_;
  Done done_;
  int attempts_ = 0;
  absl::StatusOr<grpc::ByteBuffer> result_;
  grpc::Alarm free_alarm_;
  CallEvent<UnaryCall, &UnaryCall::OnAnswer> answer_event_{this};
  CallEvent<UnaryCall, &UnaryCall::OnPauseOver> pause_event_{this};
  CallEvent<UnaryCall, &UnaryCall::OnBytesFree> free_event_{this};

  // What Cancel() ends; shared with it, since the call may move on meanwhile.
  Mutex mu_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  std::shared_ptr<Attempt> attempt_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<grpc::Alarm> pause_ ABSL_GUARDED_BY(mu_);
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_UNARY_CALL_H_
