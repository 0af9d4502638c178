#include "client/cpp/src/infer_stream_impl.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "client/cpp/src/error_text.h"
#include "client/cpp/src/infer_result_impl.h"
#include "client/cpp/src/request_encoder.h"

namespace sconce {
inline namespace client {
namespace {

absl::StatusOr<InferResult> ReadStreamed(const grpc::ByteBuffer& message,
                                         const std::string& address) {
  auto result = InferResult::Impl::Read(message, /*streamed=*/true);
  if (result.ok()) return result;
  return Explain(result.status(), {address, ""});
}

}  // namespace

// Reads on after each callback. It may outlive the Impl by one callback.
class InferStream::Impl::Listener
    : public std::enable_shared_from_this<Listener> {
 public:
  Listener(std::shared_ptr<StreamCall> call, std::string address,
           StreamCallbacks callbacks)
      : call_(std::move(call)),
        address_(std::move(address)),
        callbacks_(std::move(callbacks)) {}

  void Listen() {
    call_->Read([self = shared_from_this()](grpc::ByteBuffer* message) {
      self->OnMessage(message);
    });
  }

  void WaitForEnd() { ended_.Wait(); }

 private:
  void OnMessage(grpc::ByteBuffer* message) {
    if (message != nullptr) {
      callbacks_.on_answer(ReadStreamed(*message, address_));
      Listen();
      return;
    }
    callbacks_.on_end(call_->status());
    ended_.Notify();
  }

  const std::shared_ptr<StreamCall> call_;
  const std::string address_;
  StreamCallbacks callbacks_;  // used by one read at a time
  Notification ended_;
};

InferStream::Impl::Impl(ClientCore* core, const CallOptions& options)
    : call_(StreamCall::Start(core, options)),
      address_(core->options.address) {}

InferStream::Impl::Impl(ClientCore* core, const CallOptions& options,
                        StreamCallbacks callbacks)
    : call_(StreamCall::Start(core, options)),
      listener_(std::make_shared<Listener>(call_, core->options.address,
                                           std::move(callbacks))),
      address_(core->options.address) {
  listener_->Listen();
}

InferStream::Impl::~Impl() {
  call_->Cancel();
  if (listener_) {
    listener_->WaitForEnd();
    return;
  }
  while (!ended()) Receive().status().IgnoreError();
}

absl::Status InferStream::Impl::Send(const InferRequest& request) {
  auto message = EncodeRequest(request, call_->borrowed());
  if (!message.ok()) {
    return Explain(message.status(), {address_, request.model()});
  }
  return call_->Write(*std::move(message));
}

absl::StatusOr<InferResult> InferStream::Impl::Receive() {
  if (listener_) {
    return absl::FailedPreconditionError(
        "the stream's answers go to its callbacks");
  }
  Notification read;
  std::optional<absl::StatusOr<InferResult>> result;
  call_->Read([&](grpc::ByteBuffer* message) {
    if (message != nullptr) result = ReadStreamed(*message, address_);
    read.Notify();
  });
  read.Wait();
  if (result) return *std::move(result);
  ended_ = true;
  const absl::Status status = call_->status();
  return status.ok() ? absl::OutOfRangeError("the stream is over") : status;
}

InferStream::InferStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
InferStream::InferStream(InferStream&&) noexcept = default;
InferStream& InferStream::operator=(InferStream&&) noexcept = default;
InferStream::~InferStream() = default;

absl::Status InferStream::Send(const InferRequest& request) {
  return impl_->Send(request);
}

absl::StatusOr<InferResult> InferStream::Receive() { return impl_->Receive(); }

bool InferStream::ended() const { return impl_->ended(); }

void InferStream::CloseSend() { impl_->CloseSend(); }

void InferStream::Cancel() { impl_->Cancel(); }

}  // namespace client
}  // namespace sconce
