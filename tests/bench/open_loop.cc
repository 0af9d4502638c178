#include "tests/bench/open_loop.h"

#include <sys/prctl.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "tests/bench/cpu_clock.h"

namespace sconce::bench {
namespace {

using Clock = std::chrono::steady_clock;

// How long the load goes on after the window, at most.
constexpr double kMostTailSeconds = 2;
// Between the creation of the loop and the first request.
constexpr std::chrono::milliseconds kLead(20);

Clock::duration Seconds(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(seconds));
}

// By default the kernel may wake a sleeper 50 us late.
void WakeOnTime() { prctl(PR_SET_TIMERSLACK, 1); }

}  // namespace

struct OpenLoop::Call {
  const InferRequest* request = nullptr;
  bool measured = false;  // due within the window
  Clock::time_point due;
  Clock::time_point sent;
  grpc::ClientContext context;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  grpc::ByteBuffer answer;
  grpc::Status status;
};

OpenLoop::OpenLoop(const OpenLoopOptions& options,
                   std::vector<InferRequest> requests)
    : options_(options),
      requests_(std::move(requests)),
      deadline_(Seconds(options.deadline)),
      stubs_(Connect(options.target, options.channels)),
      window_begins_(Clock::now() + kLead + Seconds(options.warmup_seconds)),
      arrivals_(window_begins_ - Seconds(options.warmup_seconds), options.rate,
                options.seed) {
  result_.seconds = options.seconds;
  result_.good_by_second.resize(std::ceil(options.seconds));
}

OpenLoopResult OpenLoop::Run() {
  std::thread receiver([this] { Receive(); });
  Send();
  queue_.Shutdown();  // Next() goes on until all calls have ended
  receiver.join();
  result_.unsent = unsent_;
  result_.client_cpu = client_cpu_;
  result_.server_cpu = server_cpu_;
  return std::move(result_);
}

void OpenLoop::Send() {
  WakeOnTime();
  const auto window_ends = window_begins_ + Seconds(options_.seconds);
  SendUntil(window_begins_, /*measured=*/false);
  client_cpu_ -= ProcessCpuTime();
  server_cpu_ -= CpuTimeOf(options_.watch_pids);
  SendUntil(window_ends, /*measured=*/true);
  client_cpu_ += ProcessCpuTime();
  server_cpu_ += CpuTimeOf(options_.watch_pids);
  const double tail = std::min(options_.deadline, kMostTailSeconds);
  SendUntil(window_ends + Seconds(tail), /*measured=*/false);
}

void OpenLoop::SendUntil(Clock::time_point end, bool measured) {
  for (; arrivals_.next() < end; arrivals_.Advance()) {
    std::this_thread::sleep_until(arrivals_.next());
    if (under_way_.load() < options_.under_way) {
      Start(arrivals_.next(), measured);
    } else if (measured) {
      ++unsent_;
    }
  }
  std::this_thread::sleep_until(end);
}

void OpenLoop::Start(Clock::time_point due, bool measured) {
  Call* call = new Call;  // Receive() deletes it
  call->request = &requests_[started_ % requests_.size()];
  grpc::GenericStub& stub = *stubs_[started_ % stubs_.size()];
  ++started_;
  ++under_way_;
  call->measured = measured;
  call->due = due;
  call->sent = Clock::now();
  const auto left = due + deadline_ - call->sent;
  call->context.set_deadline(
      std::chrono::system_clock::now() +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(left));
  call->reader = stub.PrepareUnaryCall(&call->context, kInferMethod,
                                       call->request->message, &queue_);
  call->reader->StartCall();
  call->reader->Finish(&call->answer, &call->status, call);
}

void OpenLoop::Receive() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
    const auto now = Clock::now();
    const std::unique_ptr<Call> call(static_cast<Call*>(tag));
    --under_way_;
    if (call->measured) Record(*call, now);
  }
}

void OpenLoop::Record(const Call& call, Clock::time_point now) {
  const auto code = call.status.error_code();
  ++result_.statuses[CodeName(code)];
  result_.send_lags.push_back(call.sent - call.due);
  if (code == grpc::StatusCode::OK) {
    RecordAnswer(call, now - call.due);
  } else if (code == grpc::StatusCode::RESOURCE_EXHAUSTED) {
    result_.refusals.push_back(now - call.due);
  }
}

void OpenLoop::RecordAnswer(const Call& call, std::chrono::nanoseconds took) {
  result_.latencies.push_back(took);
  if (took > deadline_) {
    ++result_.late;
  } else {
    const auto second = std::chrono::duration_cast<std::chrono::seconds>(
        call.due - window_begins_);
    ++result_.good_by_second.at(second.count());
  }
  if (!call.request->check || ++answers_ % options_.verify_every != 0) return;
  ++result_.checked;
  if (!call.request->check->Accepts(call.answer)) ++result_.wrong;
}

}  // namespace sconce::bench
