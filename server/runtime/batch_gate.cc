#include "server/runtime/batch_gate.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/telemetry/log.h"
#include "server/tensor/signature.h"

namespace sconce {
namespace {

constexpr char kWaits[] = "waits for the first good requests";

// Kinds of requests that are checked; a client can make up any number.
constexpr size_t kMostKinds = 16;

// A client that sends one and the same request teaches nothing, and comparing
// it costs time: after the first few only some are looked at.
bool IsTurnOfSample(int64_t seen) {
  constexpr int64_t kFirst = 16;
  constexpr int64_t kEach = 128;
  return seen < kFirst || seen % kEach == 0;
}

KindVerdict On(const BucketKey& kind, const char* by, int64_t rows) {
  return {{kind.begin(), kind.end()},
          rows,
          absl::StrCat("on, proven with ", by, ", up to ", rows, " rows")};
}

KindVerdict Off(const BucketKey& kind, absl::string_view why) {
  return {{kind.begin(), kind.end()}, 0, absl::StrCat("off: ", why)};
}

}  // namespace

std::shared_ptr<BatchGate> BatchGate::Create(Options options,
                                             const ModuleMethod* method) {
  return std::shared_ptr<BatchGate>(new BatchGate(std::move(options), method));
}

BatchGate::BatchGate(Options options, const ModuleMethod* method)
    : options_(std::move(options)),
      method_(method),
      has_branches_(method->HasBranches()),
      text_(kWaits) {}

// Where the code has branches another size may go another way.
BucketKey BatchGate::KindOf(const InferTask& task) const {
  return has_branches_ ? MakeBucketKey(task.inputs) : MakeKindKey(task.inputs);
}

std::unique_ptr<BatchCheck> BatchGate::NewCheck() const {
  return std::make_unique<BatchCheck>(options_.id, method_, options_.limit,
                                      options_.max_rows);
}

void BatchGate::OpenForAll() {
  for_all_ = true;
  options_.set_rows(options_.max_rows);
  MutexLock lock(&mu_);
  text_ = "on without a check, as the config says";
}

void BatchGate::Close(const std::string& reason) {
  closed_ = true;
  options_.set_rows(0);
  MutexLock lock(&mu_);
  text_ = absl::StrCat("off: ", reason);
  LogInfo("batching", {{"model", options_.id.model},
                       {"method", method_->name()},
                       {"decision", text_}});
}

void BatchGate::LookAtCode() {
  const std::string reader = method_->ReaderOfValues();
  if (reader.empty()) return;
  Close(absl::StrCat("the code decides by values of tensors (", reader,
                     "), and what one row decides would hold for all"));
}

void BatchGate::Adopt(const std::vector<KindVerdict>& verdicts) {
  if (closed_ || for_all_) return;
  for (KindVerdict verdict : verdicts) {
    verdict.rows = std::clamp<int64_t>(verdict.rows, 0, options_.max_rows);
    Decide(std::move(verdict));
  }
}

void BatchGate::TryExamples(const std::vector<InferTask*>& examples) {
  if (closed_ || for_all_) return;
  std::map<BucketKey, std::unique_ptr<BatchCheck>> checks;
  for (const InferTask* example : examples) {
    const std::optional<int64_t> rows = CommonRows(example->inputs);
    if (!rows || *rows > options_.max_rows) continue;
    const BucketKey kind = KindOf(*example);
    {
      MutexLock lock(&mu_);
      const auto known = kinds_.find(kind);
      if (known != kinds_.end() && known->second.verdict) continue;
    }
    auto& check = checks[kind];
    if (check == nullptr) check = NewCheck();
    if (!check->HasEnough()) check->Add(*example, *rows);
  }
  for (const auto& [kind, check] : checks) {
    while (check->Step()) {
    }
    if (check->verdict().ok()) {
      Decide(On(kind, "examples", check->rows()));
    } else if (absl::IsFailedPrecondition(check->verdict())) {
      Decide(Off(kind, check->verdict().message()));
    }
  }
}

void BatchGate::Classify(int64_t rows, InferTask* task) {
  task->is_sample = false;
  task->stackable = for_all_;
  if (for_all_ || closed_) return;
  task->stackable = false;
  const bool fits = rows > 0 && rows <= options_.max_rows;
  MutexLock lock(&mu_);
  if (!fits) {
    if (kinds_.empty()) {
      text_ = absl::StrCat(kWaits,
                           "; the last had no rows to stack: tensors "
                           "with the same first dimension, at most ",
                           options_.max_rows);
    }
    task->stackable = rows > options_.max_rows && MayRunInParts(*task);
    return;
  }
  const auto kind = kinds_.find(KindOf(*task));
  if (kind == kinds_.end()) {
    task->is_sample = accepts_ && kinds_.size() < kMostKinds;
  } else if (kind->second.verdict) {
    task->stackable = kind->second.verdict->rows > 0;
  } else {
    const bool is_turn = IsTurnOfSample(kind->second.seen++);
    task->is_sample = accepts_ && is_turn && kind->second.check != nullptr;
  }
}

// What is proven holds for at most max_rows rows: code with branches may go
// another way for more, and where nothing is declared, clients may want that.
bool BatchGate::MayRunInParts(const InferTask& task) const {
  if (has_branches_ && !options_.declared) return false;
  const auto kind = kinds_.find(KindOf(task));
  return kind != kinds_.end() && kind->second.verdict &&
         kind->second.verdict->rows > 0;
}

bool BatchGate::IsUndecided(const InferTask& task) const {
  if (for_all_ || closed_) return false;
  MutexLock lock(&mu_);
  const auto kind = kinds_.find(KindOf(task));
  if (kind == kinds_.end()) return kinds_.size() < kMostKinds;
  return !kind->second.verdict;
}

void BatchGate::AddSample(const InferTask& task) {
  const BucketKey key = KindOf(task);
  const std::optional<int64_t> rows = CommonRows(task.inputs);
  MutexLock lock(&mu_);
  if (stopped_ || !rows || kinds_.size() > kMostKinds) return;
  Kind& kind = kinds_[key];
  if (kind.verdict || checked_ == key) return;
  if (kind.check == nullptr) kind.check = NewCheck();
  if (!kind.check->HasEnough()) kind.check->Add(task, *rows);
  if (kind.check->HasEnough()) BeginCheck(key);
}

void BatchGate::BeginCheck(const BucketKey& key) {
  if (checked_) return;  // the next sample of this kind asks again
  if (kinds_.size() == 1) text_ = "is being checked with copies of requests";
  checked_ = key;
  running_check_ = std::move(kinds_[key].check);
  options_.lanes->RequestLane(shared_from_this());
}

MonoDuration BatchGate::RunOne() {
  {
    MutexLock lock(&mu_);
    if (stopped_) return MonoDuration::zero();
    in_turn_ = true;
  }
  const MonoTime begin = Clock::Real()->Now();
  const bool more = running_check_->Step();
  if (!more) EndCheck();
  const MonoDuration took = Clock::Real()->Now() - begin;
  {
    MutexLock lock(&mu_);
    in_turn_ = false;
    idle_.SignalAll();
  }
  if (more) options_.lanes->RequestLane(shared_from_this());
  return took;
}

void BatchGate::EndCheck() {
  const std::unique_ptr<BatchCheck> check = std::move(running_check_);
  BucketKey kind;
  {
    MutexLock lock(&mu_);
    kind = *checked_;
  }
  if (check->verdict().ok()) {
    Decide(On(kind, "requests", check->rows()));
  } else {
    Decide(Off(kind, check->verdict().message()));
  }
  MutexLock lock(&mu_);
  checked_.reset();
}

void BatchGate::Decide(KindVerdict verdict) {
  LogInfo("batching", {{"model", options_.id.model},
                       {"method", method_->name()},
                       {"rows", verdict.rows},
                       {"decision", verdict.text}});
  int64_t rows = 0;
  {
    MutexLock lock(&mu_);
    const BucketKey key(verdict.kind.begin(), verdict.kind.end());
    const bool first = std::none_of(
        kinds_.begin(), kinds_.end(),
        [](const auto& known) { return known.second.verdict.has_value(); });
    if (first) text_ = verdict.text;
    Kind& kind = kinds_[key];
    kind.check.reset();
    kind.verdict = std::move(verdict);
    for (const auto& [other, known] : kinds_) {
      if (!known.verdict || known.verdict->rows == 0) continue;
      rows =
          rows == 0 ? known.verdict->rows : std::min(rows, known.verdict->rows);
    }
  }
  options_.set_rows(rows);
}

BatchingVerdict BatchGate::verdict() const {
  MutexLock lock(&mu_);
  BatchingVerdict result = {.text = text_};
  size_t on = 0;
  for (const auto& [key, kind] : kinds_) {
    if (!kind.verdict) continue;
    on += kind.verdict->rows > 0 ? 1 : 0;
    result.kinds.push_back(*kind.verdict);
  }
  if (result.kinds.size() > 1) {
    absl::StrAppend(&result.text, "; of ", result.kinds.size(),
                    " kinds of requests ", on, " are batched");
  }
  return result;
}

void BatchGate::Stop() {
  MutexLock lock(&mu_);
  stopped_ = true;
  accepts_ = false;
  while (in_turn_) idle_.Wait(&mu_);
}

}  // namespace sconce
