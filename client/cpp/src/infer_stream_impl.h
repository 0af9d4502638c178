// InferStream::Impl: requests and answers on a StreamCall.
#ifndef CLIENT_CPP_SRC_INFER_STREAM_IMPL_H_
#define CLIENT_CPP_SRC_INFER_STREAM_IMPL_H_

#include <atomic>
#include <memory>
#include <string>

#include "client/cpp/src/mutex.h"
#include "client/cpp/src/stream_call.h"
#include "sconce/infer_stream.h"

namespace sconce {
inline namespace client {

// Used like InferStream.
class InferStream::Impl {
 public:
  Impl(ClientCore* core, const CallOptions& options);
  Impl(ClientCore* core, const CallOptions& options, StreamCallbacks callbacks);
  ~Impl();

  absl::Status Send(const InferRequest& request);
  absl::StatusOr<InferResult> Receive();
  bool ended() const { return ended_.load(); }
  void CloseSend() { call_->CloseSend(); }
  void Cancel() { call_->Cancel(); }

 private:
  class Listener;

  // Constant after construction. Shared with ClientCore until the call is over.
  const std::shared_ptr<StreamCall> call_;
  const std::shared_ptr<Listener> listener_;  // null: Receive() reads
  const std::string address_;

  std::atomic<bool> ended_ = false;
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_INFER_STREAM_IMPL_H_
