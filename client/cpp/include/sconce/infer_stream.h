// InferStream, Sequence: many requests over one call, to one server.
#ifndef CLIENT_CPP_INCLUDE_SCONCE_INFER_STREAM_H_
#define CLIENT_CPP_INCLUDE_SCONCE_INFER_STREAM_H_

#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "sconce/infer_request.h"
#include "sconce/infer_result.h"

namespace sconce {
inline namespace client {

// Gets the answers of a stream, in order, and at last what ended it: OK after
// CloseSend(), else an error.
struct StreamCallbacks {
  absl::AnyInvocable<void(absl::StatusOr<InferResult>)> on_answer;
  absl::AnyInvocable<void(absl::Status)> on_end;
};

// A ModelStreamInfer call. The server answers requests in their order, so a
// client can send without waiting; a request that fails is answered by an error
// and the stream goes on (the protocol gives such an error no code: it is
// UNKNOWN). Made by Client::StartStream(). The destructor cancels the call and
// waits until it is over; not in a callback, which it would wait for.
//
// One thread may send while another receives. A stream whose client is
// destroyed first is over, as CANCELLED.
class InferStream {
 public:
  class Impl;

  explicit InferStream(std::unique_ptr<Impl> impl);
  InferStream(InferStream&&) noexcept;
  InferStream& operator=(InferStream&&) noexcept;
  ~InferStream();

  // Sends a request, or queues it behind those that are being sent; does not
  // block. Large inputs are borrowed until it is answered, or the stream has
  // ended. Fails with what ended the stream, or FAILED_PRECONDITION after
  // CloseSend().
  absl::Status Send(const InferRequest& request);

  // Blocks until the next answer; not for a stream with callbacks.
  // OUT_OF_RANGE: the server has answered all and the stream is over.
  absl::StatusOr<InferResult> Receive();

  // Whether Receive() gave its last answer.
  bool ended() const;

  // Tells the server that no request follows. Receive() goes on until the end.
  void CloseSend();

  void Cancel();

 private:
  std::unique_ptr<Impl> impl_;
};

// A sequence of requests to a model that remembers (audio, a decoder), by one
// stream, so that all of them reach the same server. Made by
// Client::StartSequence(). One thread at a time.
class Sequence {
 public:
  Sequence(InferStream stream, uint64_t id);

  // Sends the next step, the last one with `last`, and waits for its answer.
  // A step that failed left the state as it was and can be sent again.
  absl::StatusOr<InferResult> Infer(InferRequest request, bool last = false);

  uint64_t id() const { return id_; }

 private:
  InferStream stream_;
  const uint64_t id_;
  bool begun_ = false;
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_INCLUDE_SCONCE_INFER_STREAM_H_
