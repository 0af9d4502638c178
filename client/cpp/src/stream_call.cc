#include "client/cpp/src/stream_call.h"

#include <utility>

#include "client/cpp/src/cancellation_state.h"
#include "client/cpp/src/error_text.h"

namespace sconce {
inline namespace client {
namespace {

constexpr char kMethod[] = "/inference.GRPCInferenceService/ModelStreamInfer";

}  // namespace

std::shared_ptr<StreamCall> StreamCall::Start(ClientCore* core,
                                              const CallOptions& options) {
  std::shared_ptr<StreamCall> call(new StreamCall(core, options));
  if (!core->calls.Add(call)) {
    MutexLock lock(&call->mu_);
    call->over_ = true;
    call->status_ = absl::CancelledError("the client is closing");
    return call;
  }
  if (options.cancellation) options.cancellation->state()->Add(call);
  call->Begin();
  return call;
}

StreamCall::StreamCall(ClientCore* core, const CallOptions& options)
    : core_(core),
      queue_(core->threads.Next()),
      options_(options),
      borrowed_(std::make_shared<BorrowedBytes>()) {}

void StreamCall::Begin() {
  const absl::Time deadline = options_.timeout == absl::ZeroDuration()
                                  ? absl::InfiniteFuture()
                                  : absl::Now() + options_.timeout;
  const absl::Status ready = core_->Prepare(options_, deadline, &context_);
  if (!ready.ok()) {
    {
      MutexLock lock(&mu_);
      finished_ = broken_ = true;
      final_status_ = grpc::Status(static_cast<grpc::StatusCode>(ready.code()),
                                   std::string(ready.message()));
    }
    return EndIfDone();
  }
  stream_ = core_->channels.Next()->PrepareCall(&context_, kMethod, queue_);
  stream_->StartCall(&started_event_);
}

absl::Status StreamCall::Write(grpc::ByteBuffer message) {
  MutexLock lock(&mu_);
  if (over_) return status_;
  if (close_wanted_) {
    return absl::FailedPreconditionError(
        "the stream takes no more requests after CloseSend()");
  }
  unsent_.push_back(std::move(message));
  WriteNext();
  return absl::OkStatus();
}

void StreamCall::CloseSend() {
  MutexLock lock(&mu_);
  if (over_ || close_wanted_) return;
  close_wanted_ = true;
  WriteNext();
}

void StreamCall::Read(OnMessage on_message) {
  {
    MutexLock lock(&mu_);
    if (!over_) {
      on_message_ = std::move(on_message);
      ReadNext();
      return;
    }
  }
  std::move(on_message)(nullptr);
}

void StreamCall::Cancel() {
  {
    MutexLock lock(&mu_);
    if (over_) return;
    draining_ = true;
    // Without a read nobody would notice that the call has ended.
    ReadNext();
  }
  context_.TryCancel();
}

bool StreamCall::over() const {
  MutexLock lock(&mu_);
  return over_;
}

absl::Status StreamCall::status() const {
  MutexLock lock(&mu_);
  return status_;
}

void StreamCall::WriteNext() {
  if (!started_ || writing_ || write_failed_ || broken_) return;
  if (!unsent_.empty()) {
    writing_ = true;
    stream_->Write(unsent_.front(), &written_event_);
    unsent_.pop_front();
  } else if (close_wanted_ && !close_sent_) {
    writing_ = close_sent_ = true;
    stream_->WritesDone(&written_event_);
  }
}

void StreamCall::ReadNext() {
  if (!started_ || reading_ || broken_ || (!on_message_ && !draining_)) return;
  reading_ = true;
  stream_->Read(&message_, &read_event_);
}

void StreamCall::OnStarted(bool /*ok*/) {
  // What went wrong, if anything, is told by the first read.
  MutexLock lock(&mu_);
  started_ = true;
  WriteNext();
  ReadNext();
}

void StreamCall::OnWritten(bool ok) {
  {
    MutexLock lock(&mu_);
    writing_ = false;
    // Why is told by the read that fails as well.
    if (!ok) write_failed_ = true;
    WriteNext();
  }
  EndIfDone();
}

void StreamCall::OnRead(bool ok) {
  OnMessage on_message;
  grpc::ByteBuffer message;
  {
    MutexLock lock(&mu_);
    reading_ = false;
    message.Swap(&message_);
    if (!ok) {
      broken_ = true;
      stream_->Finish(&final_status_, &finished_event_);
      return;
    }
    on_message = std::exchange(on_message_, nullptr);
    if (!on_message) return ReadNext();
  }
  std::move(on_message)(&message);
}

void StreamCall::OnFinished(bool /*ok*/) {
  {
    MutexLock lock(&mu_);
    finished_ = true;
    unsent_.clear();
  }
  EndIfDone();
}

void StreamCall::EndIfDone() {
  {
    MutexLock lock(&mu_);
    if (!finished_ || writing_) return;
  }
  const auto free = [this] {
    free_alarm_.Set(queue_, std::chrono::system_clock::now(), &free_event_);
  };
  if (borrowed_->WhenFree(free)) OnBytesFree(true);
}

void StreamCall::OnBytesFree(bool /*ok*/) {
  const auto self = shared_from_this();
  absl::Status status(static_cast<absl::StatusCode>(final_status_.error_code()),
                      final_status_.error_message());
  if (!status.ok()) status = Explain(status, {core_->options.address, ""});
  End(std::move(status));
}

void StreamCall::End(absl::Status status) {
  if (options_.cancellation) options_.cancellation->state()->Remove(this);
  OnMessage on_message;
  {
    MutexLock lock(&mu_);
    over_ = true;
    status_ = std::move(status);
    on_message = std::exchange(on_message_, nullptr);
  }
  if (on_message) std::move(on_message)(nullptr);
  core_->calls.Remove(this);
}

}  // namespace client
}  // namespace sconce
