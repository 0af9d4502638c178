#include "server/runtime/batch_gate.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/telemetry/log.h"
#include "server/tensor/signature.h"

namespace sconce {
namespace {

// Examples, or good requests, that are enough: a few, because clients' first
// requests are often alike.
constexpr int kSamples = 3;

}  // namespace

std::shared_ptr<BatchGate> BatchGate::Create(Options options,
                                             const ModuleMethod* method) {
  return std::shared_ptr<BatchGate>(new BatchGate(std::move(options), method));
}

BatchGate::BatchGate(Options options, const ModuleMethod* method)
    : options_(std::move(options)),
      method_(method),
      check_(options_.id, method, options_.limit, options_.max_rows),
      verdict_{.is_final = false, .text = "waits for the first good requests"} {
}

void BatchGate::LookAtCode() {
  const std::string reader = method_->ReaderOfValues();
  if (reader.empty()) return;
  Close(absl::StrCat("the code decides by values of tensors (", reader,
                     "), and what one row decides would hold for all"));
}

void BatchGate::Open() {
  Decide({.rows = options_.max_rows,
          .text = "on without a check, as the config says"});
}

void BatchGate::Close(const std::string& reason) {
  Decide({.text = absl::StrCat("off: ", reason)});
}

void BatchGate::Adopt(const BatchingVerdict& verdict) {
  if (decided_ || !verdict.is_final) return;
  const auto rows = std::clamp<int64_t>(verdict.rows, 0, options_.max_rows);
  Decide({.rows = rows, .text = verdict.text});
}

void BatchGate::TryExamples(const std::vector<InferTask*>& examples) {
  if (decided_ || examples.empty()) return;
  BatchCheck check(options_.id, method_, options_.limit, options_.max_rows);
  int added = 0;
  for (const InferTask* example : examples) {
    const std::optional<int64_t> rows = CommonRows(example->inputs);
    if (!rows || *rows > options_.max_rows || added == kSamples) continue;
    check.Add(*example, *rows);
    ++added;
  }
  while (check.Step()) {
  }
  if (check.verdict().ok()) {
    Decide({.rows = check.rows(),
            .text = absl::StrCat("on, proven with examples, up to ",
                                 check.rows(), " rows")});
  } else if (absl::IsFailedPrecondition(check.verdict())) {
    Close(std::string(check.verdict().message()));
  } else {
    LogDebug("examples prove nothing about batching; requests will",
             {{"model", options_.id.model},
              {"method", method_->name()},
              {"reason", check.verdict().message()}});
  }
}

void BatchGate::Collect(const InferTask& request) {
  const std::optional<int64_t> rows = CommonRows(request.inputs);
  if (!rows || *rows > options_.max_rows) return;
  {
    MutexLock lock(&mu_);
    if (stopped_ || collected_ == kSamples) return;
    check_.Add(request, *rows);
    if (++collected_ < kSamples) return;
    accepts_ = false;
    verdict_.text = "is being checked with copies of requests";
  }
  options_.lanes->RequestLane(shared_from_this());
}

MonoDuration BatchGate::RunOne() {
  {
    MutexLock lock(&mu_);
    if (stopped_) return MonoDuration::zero();
    running_ = true;
  }
  const MonoTime begin = Clock::Real()->Now();
  const bool more = check_.Step();
  if (!more && check_.verdict().ok()) {
    Decide({.rows = check_.rows(),
            .text = absl::StrCat("on, proven with requests, up to ",
                                 check_.rows(), " rows")});
  } else if (!more) {
    Close(std::string(check_.verdict().message()));
  }
  const MonoDuration took = Clock::Real()->Now() - begin;
  {
    MutexLock lock(&mu_);
    running_ = false;
    idle_.SignalAll();
  }
  if (more) options_.lanes->RequestLane(shared_from_this());
  return took;
}

void BatchGate::Decide(BatchingVerdict verdict) {
  decided_ = true;
  accepts_ = false;
  options_.decide(verdict.rows);
  LogInfo("batching", {{"model", options_.id.model},
                       {"method", method_->name()},
                       {"rows", verdict.rows},
                       {"decision", verdict.text}});
  MutexLock lock(&mu_);
  verdict_ = std::move(verdict);
}

BatchingVerdict BatchGate::verdict() const {
  MutexLock lock(&mu_);
  return verdict_;
}

void BatchGate::Stop() {
  MutexLock lock(&mu_);
  stopped_ = true;
  accepts_ = false;
  while (running_) idle_.Wait(&mu_);
}

}  // namespace sconce
