#include "server/runtime/watched_method.h"

#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "server/telemetry/log.h"

namespace sconce {
namespace {

// A loop of the same run is interrupted at the limit; that comes first.
constexpr auto kGrace = std::chrono::seconds(2);

std::string FormatSeconds(MonoDuration took) {
  return absl::FormatDuration(
      absl::Trunc(absl::FromChrono(took), absl::Seconds(1)));
}

}  // namespace

WatchedMethod::WatchedMethod(ServableId id, const ModuleMethod* method,
                             const ExecutionLimit* limit)
    : id_(std::move(id)), method_(method), limit_(limit) {}

absl::Status WatchedMethod::Run(absl::Span<InferTask* const> tasks,
                                absl::FunctionRef<absl::Status()> call) const {
  LaneWatch* const watch = LaneWatch::Current();
  if (watch == nullptr || limit_->time == MonoDuration::zero()) {
    return call();
  }
  const MonoTime begin = Clock::Real()->Now();
  watch->Begin({this, tasks, begin, begin + limit_->time + kGrace});
  absl::Status called = call();
  if (watch->End()) return called;
  OnReturned(Clock::Real()->Now() - begin);
  return absl::AbortedError("the run was given up");
}

void WatchedMethod::OnStuck(absl::Span<InferTask* const> tasks,
                            MonoDuration took) const {
  LogError("an operator does not return; its lane is replaced",
           {{"model", id_.model},
            {"version", id_.version},
            {"method", method_->name()},
            {"seconds", ToSeconds(took)}});
  const std::string what =
      absl::StrCat("an operator has not returned for ", FormatSeconds(took),
                   ", which is longer than --max-execution-time allows (",
                   absl::FormatDuration(absl::FromChrono(limit_->time)), ")");
  // First, so that a client which tries again finds the model suspended.
  limit_->listener.suspend(
      id_, absl::UnavailableError(absl::StrCat(
               what, "; the model serves again when the operator returns")));
  const absl::Status status = absl::DeadlineExceededError(absl::StrCat(
      "model '", id_.model, "': ", what, "; send less or raise the limit"));
  for (InferTask* task : tasks) task->Finish(status);
}

void WatchedMethod::OnReturned(MonoDuration took) const {
  LogWarning("the operator returned after all", {{"model", id_.model},
                                                 {"version", id_.version},
                                                 {"method", method_->name()},
                                                 {"seconds", ToSeconds(took)}});
  limit_->listener.resume(id_);
}

}  // namespace sconce
