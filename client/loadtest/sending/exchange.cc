#include "client/loadtest/sending/exchange.h"

#include <pthread.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "client/loadtest/sending/server_times.h"

namespace sconce::load {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr char kMethod[] = "/inference.GRPCInferenceService/ModelInfer";

}  // namespace

Exchange::Exchange(const LoadParts& parts, Window window,
                   std::function<void(grpc::StatusCode)> on_end)
    : parts_(parts),
      window_(window),
      on_end_(std::move(on_end)),
      authorization_(parts.plan->token.empty()
                         ? ""
                         : absl::StrCat("Bearer ", parts.plan->token)),
      unsent_(window, parts.mix->size(), parts.plan->setup.slo),
      recorder_(window, parts.mix->size(), parts.plan->setup.slo),
      sampler_(*parts.mix, parts.plan->check_every),
      checker_(Recorder(window, parts.mix->size(), parts.plan->setup.slo)),
      receiver_([this] { Receive(); }) {}

Exchange::~Exchange() = default;

void Exchange::Start(Time due, Choice choice) {
  Call* const call = calls_.Take();
  call->choice = choice;
  call->counts = window_.begin <= due && due < window_.end;
  call->due = due;
  ++under_way_;
  if (call->counts) ++window_under_way_;
  parts_.live->due.fetch_add(1, std::memory_order_relaxed);
  Send(call);
}

void Exchange::Send(Call* call) {
  call->sent = steady_clock::now();
  const auto left = call->due + parts_.plan->timeout - call->sent;
  call->context->set_deadline(
      system_clock::now() +
      std::chrono::duration_cast<system_clock::duration>(left));
  if (!authorization_.empty()) {
    call->context->AddMetadata("authorization", authorization_);
  }
  call->reader = parts_.channels->Next()->PrepareUnaryCall(
      &*call->context, kMethod, PayloadOf(*call).message, &queue_);
  call->reader->StartCall();
  call->reader->Finish(&call->answer, &call->status, call);
}

void Exchange::AddUnsent(Time due, Choice choice) {
  parts_.live->due.fetch_add(1, std::memory_order_relaxed);
  parts_.live->unsent.fetch_add(1, std::memory_order_relaxed);
  unsent_.AddUnsent(due, choice.entry);
}

Record Exchange::Finish() {
  queue_.Shutdown();
  receiver_.join();
  Record record = recorder_.Take();
  record.Merge(unsent_.Take());
  record.Merge(checker_.Finish());
  return record;
}

void Exchange::Receive() {
  pthread_setname_np(pthread_self(), "load-receiver");
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
    End(static_cast<Call*>(tag), steady_clock::now());
  }
}

void Exchange::End(Call* call, Time now) {
  Outcome outcome = OutcomeOf(*call, now);
  const bool counts = call->counts;
  const grpc::StatusCode code = outcome.code;
  Show(outcome);
  if (counts) {
    AddAnswer(call, std::move(outcome));
  } else {
    recorder_.Add(outcome);
  }
  calls_.Put(call);
  if (on_end_) on_end_(code);
  const bool last_of_window = counts && --window_under_way_ == 0;
  const bool last = --under_way_ == 0;
  if (!last && !last_of_window) return;
  if (Waker* const waker = waker_.load()) waker->Wake();
}

Outcome Exchange::OutcomeOf(const Call& call, Time now) {
  return Outcome{.entry = call.choice.entry,
                 .due = call.due,
                 .sent = call.sent,
                 .done = now,
                 .code = call.status.error_code(),
                 .error = call.status.error_message()};
}

void Exchange::AddAnswer(Call* call, Outcome outcome) {
  if (outcome.code != grpc::StatusCode::OK) return recorder_.Add(outcome);
  outcome.server = ReadServerTimes(call->answer);
  const auto& check = PayloadOf(*call).check;
  if (check && sampler_.IsNext(call->choice) &&
      checker_.Offer({check.get(), &call->answer, outcome})) {
    return;  // the checker records it
  }
  recorder_.Add(outcome);
}

void Exchange::Show(const Outcome& outcome) {
  LiveFigures& live = *parts_.live;
  const bool ok = outcome.code == grpc::StatusCode::OK;
  (ok ? live.ok : live.failed).fetch_add(1, std::memory_order_relaxed);
  const int64_t took =
      std::chrono::nanoseconds(outcome.done - outcome.due).count();
  // The watcher may set it to 0 meanwhile, and miss this one.
  if (took > live.slowest_ns.load(std::memory_order_relaxed)) {
    live.slowest_ns.store(took, std::memory_order_relaxed);
  }
}

const Payload& Exchange::PayloadOf(const Call& call) const {
  return (*parts_.mix)[call.choice.entry].payloads[call.choice.payload];
}

}  // namespace sconce::load
