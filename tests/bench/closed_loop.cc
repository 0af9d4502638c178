#include "tests/bench/closed_loop.h"

#include <optional>
#include <utility>

#include "tests/bench/cpu_clock.h"

namespace sconce::bench {
namespace {

using std::chrono::milliseconds;

// So long without an answer is a pause between bursts ...
constexpr milliseconds kPause(1);
// ... and a load that leaves none for so long has no bursts worth minding.
constexpr milliseconds kPatience(500);

std::chrono::system_clock::time_point After(double seconds) {
  return std::chrono::system_clock::now() +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(
             std::chrono::duration<double>(seconds));
}

}  // namespace

struct ClosedLoop::Call {
  const InferRequest* request = nullptr;
  grpc::GenericStub* stub = nullptr;
  std::optional<grpc::ClientContext> context;  // serves one request only
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  grpc::ByteBuffer answer;
  grpc::Status status;
  Clock::time_point began;
};

ClosedLoop::ClosedLoop(const LoadOptions& options,
                       std::vector<InferRequest> requests)
    : options_(options), requests_(std::move(requests)) {}

ClosedLoop::~ClosedLoop() = default;

LoadResult ClosedLoop::Run() {
  stubs_ = Connect(options_.target, options_.channels);
  for (int i = 0; i < options_.outstanding; ++i) {
    Call* call = calls_.emplace_back(std::make_unique<Call>()).get();
    call->stub = stubs_[i % stubs_.size()].get();
    Start(call);
  }
  while (under_way_ > 0) {
    const bool cutting = phase_ == Phase::kOpening || phase_ == Phase::kClosing;
    void* tag = nullptr;
    bool ok = false;
    const auto event = queue_.AsyncNext(
        &tag, &ok,
        cutting ? std::chrono::system_clock::now() + kPause
                : std::chrono::system_clock::time_point::max());
    if (event == grpc::CompletionQueue::GOT_EVENT) {
      Complete(static_cast<Call*>(tag));
    } else if (phase_ == Phase::kOpening) {
      OpenWindow();
    } else {
      CloseWindow();
    }
  }
  return std::move(result_);
}

void ClosedLoop::Start(Call* call) {
  call->request = &requests_[started_++ % requests_.size()];
  call->answer.Clear();
  call->context.emplace();
  call->context->set_deadline(After(options_.timeout));
  call->began = Clock::now();
  call->reader = call->stub->PrepareUnaryCall(&*call->context, kInferMethod,
                                              call->request->message, &queue_);
  call->reader->StartCall();
  call->reader->Finish(&call->answer, &call->status, call);
  ++under_way_;
}

void ClosedLoop::Complete(Call* call) {
  const auto now = Clock::now();
  --under_way_;
  ++answers_;
  Record(*call, now);
  Advance(now);
  if (phase_ != Phase::kDraining) Start(call);
}

void ClosedLoop::Record(const Call& call, Clock::time_point now) {
  if (!call.status.ok()) {
    ++result_.errors[CodeName(call.status.error_code())];
    return;
  }
  if (measuring()) result_.latencies.push_back(now - call.began);
  if (answers_ % options_.verify_every == 0) Verify(call);
}

void ClosedLoop::Verify(const Call& call) {
  const auto& check = call.request->check;
  if (!check) return;
  ++result_.checked;
  if (!check->Accepts(call.answer)) ++result_.wrong;
}

void ClosedLoop::Advance(Clock::time_point now) {
  switch (phase_) {
    case Phase::kWarmUp:
      if (answers_ < options_.warmup) return;
      phase_ = Phase::kOpening;
      phase_began_ = now;
      return;
    case Phase::kOpening:
      if (now - phase_began_ > kPatience) OpenWindow();
      return;
    case Phase::kMeasuring: {
      const auto answers = static_cast<int64_t>(result_.latencies.size());
      if (options_.count > 0 && answers >= options_.count) {
        CloseWindow();
        return;
      }
      const std::chrono::duration<double> open = now - window_began_;
      if (open.count() < options_.seconds) return;
      phase_ = Phase::kClosing;
      phase_began_ = now;
      return;
    }
    case Phase::kClosing:
      if (now - phase_began_ > kPatience) CloseWindow();
      return;
    case Phase::kDraining:
      return;
  }
}

void ClosedLoop::OpenWindow() {
  phase_ = Phase::kMeasuring;
  result_.client_cpu = -ProcessCpuTime();
  result_.server_cpu = -CpuTimeOf(options_.watch_pids);
  window_began_ = Clock::now();
}

void ClosedLoop::CloseWindow() {
  phase_ = Phase::kDraining;
  result_.window = Clock::now() - window_began_;
  result_.server_cpu += CpuTimeOf(options_.watch_pids);
  result_.client_cpu += ProcessCpuTime();
}

bool ClosedLoop::measuring() const {
  return phase_ == Phase::kMeasuring || phase_ == Phase::kClosing;
}

}  // namespace sconce::bench
