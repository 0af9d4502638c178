#include "client/cpp/src/unary_call.h"

#include <optional>
#include <utility>

#include "absl/random/random.h"

#include "client/cpp/src/cancellation_state.h"
#include "client/cpp/src/error_text.h"

namespace sconce {
inline namespace client {
namespace {

constexpr char kPushback[] = "grpc-retry-pushback-ms";

absl::Time DeadlineOf(const ClientCore& core, const CallOptions& call) {
  const absl::Duration timeout = call.timeout == absl::ZeroDuration()
                                     ? core.options.default_timeout
                                     : call.timeout;
  return absl::Now() + timeout;
}

absl::Status ToStatus(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
}

std::optional<std::string> PushbackOf(const grpc::ClientContext& context) {
  const auto& metadata = context.GetServerTrailingMetadata();
  const auto found = metadata.find(kPushback);
  if (found == metadata.end()) return std::nullopt;
  return std::string(found->second.data(), found->second.size());
}

double Random() {
  thread_local absl::InsecureBitGen generator;
  return absl::Uniform(generator, 0.0, 1.0);
}

}  // namespace

struct UnaryCall::Attempt {
  grpc::ClientContext context;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  grpc::ByteBuffer answer;
  grpc::Status status;
};

void UnaryCall::Start(ClientCore* core, Request request, Done done) {
  const std::shared_ptr<UnaryCall> call(
      new UnaryCall(core, std::move(request), std::move(done)));
  if (!core->calls.Add(call)) {
    std::move(call->done_)(absl::CancelledError("the client is closing"));
    return;
  }
  const auto& cancellation = call->request_.options.cancellation;
  if (cancellation) cancellation->state()->Add(call);
  call->Send();
}

UnaryCall::UnaryCall(ClientCore* core, Request request, Done done)
    : core_(core),
      queue_(core->threads.Next()),
      stub_(request.sticky ? core->channels.sticky() : core->channels.Next()),
      deadline_(DeadlineOf(*core, request.options)),
      request_(std::move(request)),
      done_(std::move(done)) {}

void UnaryCall::Cancel() {
  std::shared_ptr<Attempt> attempt;
  std::shared_ptr<grpc::Alarm> pause;
  {
    MutexLock lock(&mu_);
    cancelled_ = true;
    attempt = attempt_;
    pause = pause_;
  }
  if (attempt) attempt->context.TryCancel();
  if (pause) pause->Cancel();
}

void UnaryCall::Send() {
  // Another thread may end this call as soon as the answer is asked for.
  const auto self = shared_from_this();
  auto attempt = std::make_shared<Attempt>();
  const absl::Status ready =
      core_->Prepare(request_.options, deadline_, &attempt->context);
  if (!ready.ok()) return Settle(ready);
  bool cancelled = false;
  {
    MutexLock lock(&mu_);
    cancelled = cancelled_;
    attempt_ = attempt;
  }
  if (cancelled) return Settle(absl::CancelledError("the call was cancelled"));
  ++attempts_;
  attempt->reader = stub_->PrepareUnaryCall(&attempt->context, request_.method,
                                            request_.message, queue_);
  attempt->reader->StartCall();
  attempt->reader->Finish(&attempt->answer, &attempt->status, &answer_event_);
}

void UnaryCall::OnAnswer(bool /*ok*/) {
  const auto self = shared_from_this();
  std::shared_ptr<Attempt> attempt;
  {
    MutexLock lock(&mu_);
    attempt.swap(attempt_);
  }
  if (attempt->status.ok()) {
    core_->retries.RecordAnswer();
    return Settle(std::move(attempt->answer));
  }
  if (const auto delay = DelayAfter(*attempt)) return Pause(*delay);
  Settle(ToStatus(attempt->status));
}

std::optional<absl::Duration> UnaryCall::DelayAfter(const Attempt& attempt) {
  if (!request_.may_retry) return std::nullopt;
  const FailedAttempt failed{
      .code = static_cast<absl::StatusCode>(attempt.status.error_code()),
      .attempts = attempts_,
      .pushback = PushbackOf(attempt.context),
      .left = deadline_ - absl::Now()};
  const auto delay = RetryDelay(core_->options.retry, failed, Random());
  if (!delay || !core_->retries.RecordFailure()) return std::nullopt;
  return delay;
}

void UnaryCall::Pause(absl::Duration delay) {
  const auto pause = std::make_shared<grpc::Alarm>();
  pause->Set(queue_, absl::ToChronoTime(absl::Now() + delay), &pause_event_);
  // The alarm may have gone off, and this call be further on, but it lives.
  bool cancelled = false;
  {
    MutexLock lock(&mu_);
    cancelled = cancelled_;
    pause_ = pause;
  }
  if (cancelled) pause->Cancel();
}

void UnaryCall::OnPauseOver(bool /*ok*/) { Send(); }

void UnaryCall::Settle(absl::StatusOr<grpc::ByteBuffer> result) {
  result_ = std::move(result);
  request_.message.Clear();
  const auto attempt_is_over = [this] {
    // Runs inside gRPC: only the queue's thread may go on from here.
    free_alarm_.Set(queue_, std::chrono::system_clock::now(), &free_event_);
  };
  if (!request_.borrowed || request_.borrowed->WhenFree(attempt_is_over)) {
    OnBytesFree(true);
  }
}

void UnaryCall::OnBytesFree(bool /*ok*/) {
  const auto self = shared_from_this();
  const auto& cancellation = request_.options.cancellation;
  if (cancellation) cancellation->state()->Remove(this);
  if (!result_.ok()) {
    result_ = Explain(result_.status(),
                      {core_->options.address, request_.model, attempts_});
  }
  std::move(done_)(std::move(result_));
  core_->calls.Remove(this);
}

}  // namespace client
}  // namespace sconce
