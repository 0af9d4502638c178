#include "server/runtime/batch_check.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/batching/bucket_key.h"
#include "server/device/device_seat.h"
#include "server/runtime/execution_deadline.h"
#include "server/runtime/memory_budget.h"
#include "server/runtime/method_call.h"
#include "server/runtime/output_flattener.h"
#include "server/runtime/tensor_comparison.h"
#include "server/runtime/torch_error.h"

namespace sconce {
namespace {

// What the inputs of the largest batch may take; a model with larger rows is
// proven, and batched, up to what fits.
constexpr int64_t kMostBytes = int64_t{256} << 20;

// Requests that are enough: a few, because clients' first requests are often
// alike; one where a copy costs something; none where it costs much.
constexpr int kSamples = 3;
constexpr int64_t kLarge = int64_t{1} << 20;
constexpr int64_t kTooLarge = int64_t{16} << 20;

absl::Status Disproven(absl::string_view what) {
  return absl::FailedPreconditionError(what);
}

absl::Status Unproven(absl::string_view what) {
  return absl::UnavailableError(what);
}

int64_t BytesOf(const InferTask& task) {
  int64_t bytes = 0;
  for (const InputTensor& input : task.inputs) {
    bytes += static_cast<int64_t>(input.bytes.size());
  }
  return bytes;
}

bool Equal(const OutputTensor& a, const OutputTensor& b, double rounding) {
  if (a.name != b.name || a.type != b.type || a.shape != b.shape) return false;
  if (a.bytes == b.bytes) return true;
  if (a.type == DataType::kBytes) return false;
  bool equal = false;
  return TorchCall([&] {
           equal = EqualButForRounding(ViewOf(a.bytes.data(), a.type, a.shape),
                                       ViewOf(b.bytes.data(), b.type, b.shape),
                                       rounding);
         }).ok() &&
         equal;
}

bool HasRows(const SharedOutput& output, int64_t rows) {
  return !output.shape().empty() && output.shape()[0] == rows;
}

}  // namespace

// Requests of one shape, with variations of the first. What the method refused
// alone has no outputs.
struct BatchCheck::Group {
  BucketKey shape;
  std::vector<std::unique_ptr<SampleRequest>> samples;
  std::vector<absl::StatusOr<Outputs>> alone;
  // Of one row, the least that was seen: first runs take much longer, and so
  // do those that another process disturbs.
  MonoDuration row_time = MonoDuration::max();

  void AddTime(MonoDuration took, int64_t rows) {
    row_time = std::min(row_time, std::max(took / rows, MonoDuration(1)));
  }
};

BatchCheck::BatchCheck(const ServableId& id, const ModuleMethod* method,
                       const ExecutionLimit* limit, int64_t max_rows)
    : method_(method),
      watched_(id, method, limit),
      limit_(limit),
      max_rows_(max_rows) {}

BatchCheck::~BatchCheck() = default;

bool BatchCheck::HasEnough() const {
  return added_ >= (largest_ > kLarge ? 1 : kSamples);
}

BatchCheck::Group* BatchCheck::FindOrAddGroup(const InferTask& request) {
  BucketKey shape = MakeBucketKey(request.inputs);
  for (const auto& group : groups_) {
    if (group->shape == shape) return group.get();
  }
  groups_.push_back(std::make_unique<Group>());
  Group* const group = groups_.back().get();
  group->shape = std::move(shape);
  steps_.push_back([this, group] { return Prepare(group); });
  return group;
}

void BatchCheck::Add(const InferTask& request, int64_t rows) {
  largest_ = std::max(largest_, BytesOf(request));
  if (largest_ > kTooLarge) {
    ++added_;
    steps_.push_front([] {
      return Disproven("its requests are too large to be copied for a check");
    });
    return;
  }
  Group* const group = FindOrAddGroup(request);
  for (const auto& sample : group->samples) {
    if (sample->HasInputsOf(request)) return;
  }
  group->samples.push_back(std::make_unique<SampleRequest>(request));
  group->samples.back()->rows = rows;
  ++added_;
}

absl::Status BatchCheck::Prepare(Group* group) {
  const SampleRequest& first = *group->samples.front();
  const auto seed = static_cast<uint64_t>(groups_.size());
  ASSIGN_OR_RETURN(auto varied, SampleRequest::Vary(first, seed));
  if (first.rows > 1) varied.push_back(SampleRequest::FirstRow(first));
  std::move(varied.begin(), varied.end(), std::back_inserter(group->samples));
  for (size_t i = 0; i < group->samples.size(); ++i) {
    steps_.push_back([this, group, i] { return RunAlone(group, i); });
  }
  steps_.push_back([this, group] { return RunAgain(group); });
  steps_.push_back([this, group] { return PlanBatches(group); });
  return absl::OkStatus();
}

bool BatchCheck::Step() {
  if (added_ == 0) verdict_ = Unproven("there is no example to try");
  if (!verdict_.ok() || steps_.empty()) return false;
  const auto step = std::move(steps_.front());
  steps_.pop_front();
  verdict_ = step();
  return verdict_.ok() && !steps_.empty();
}

absl::StatusOr<BatchCheck::Outputs> BatchCheck::Run(
    const std::vector<InferTask*>& tasks) const {
  absl::StatusOr<Outputs> outputs = RunOnce(tasks);
  DeviceSeat* const seat = DeviceSeat::Current();
  const bool may_pass = absl::IsResourceExhausted(outputs.status()) ||
                        absl::IsInternal(outputs.status());
  if (seat == nullptr || !may_pass) return outputs;
  seat->lane()->device()->FreeCache();
  return RunOnce(tasks);
}

absl::StatusOr<BatchCheck::Outputs> BatchCheck::RunOnce(
    const std::vector<InferTask*>& tasks) const {
  const ExecutionDeadline deadline(After(Clock::Real()->Now(), limit_->time));
  const MemoryBudget budget(limit_->memory);
  MethodCall call(method_);
  RETURN_IF_ERROR(call.Bind(tasks));
  std::vector<NamedTensor> tensors;
  RETURN_IF_ERROR(watched_.Run({}, [&]() -> absl::Status {
    ASSIGN_OR_RETURN(tensors, call.Run());
    return absl::OkStatus();
  }));
  Outputs outputs;
  RETURN_IF_ERROR(TorchCall([&] {
    for (NamedTensor& t : tensors) {
      outputs.emplace_back(std::move(t.name), t.tensor, t.strings);
    }
  }));
  return outputs;
}

absl::Status BatchCheck::RunAlone(Group* group, size_t index) {
  SampleRequest* const sample = group->samples[index].get();
  const MonoTime begin = Clock::Real()->Now();
  group->alone.push_back(Run({sample}));
  group->AddTime(Clock::Real()->Now() - begin, sample->rows);
  const absl::StatusOr<Outputs>& outputs = group->alone.back();
  if (index > 0) return absl::OkStatus();
  if (!outputs.ok()) {
    return Unproven(absl::StrCat("the example cannot be run alone: ",
                                 outputs.status().message()));
  }
  if (outputs->empty()) return Disproven("there is no output");
  for (const SharedOutput& output : *outputs) {
    if (HasRows(output, sample->rows)) continue;
    return Disproven(absl::StrCat("output '", output.name(), "' has shape ",
                                  ShapeToString(output.shape()), " for ",
                                  sample->rows, " rows"));
  }
  return absl::OkStatus();
}

absl::Status BatchCheck::RunAgain(Group* group) {
  const MonoTime begin = Clock::Real()->Now();
  ASSIGN_OR_RETURN(const Outputs again, Run({group->samples.front().get()}));
  group->AddTime(Clock::Real()->Now() - begin, group->samples.front()->rows);
  for (size_t i = 0; i < again.size(); ++i) {
    if (Equal(again[i].All(), (*group->alone.front())[i].All(),
              method_->precision().rounding())) {
      continue;
    }
    return Disproven(absl::StrCat("two runs on the same input give another '",
                                  again[i].name(), "'"));
  }
  return absl::OkStatus();
}

absl::Status BatchCheck::PlanBatches(Group* group) {
  Order usable;
  bool differs = false;
  for (size_t i = 0; i < group->samples.size(); ++i) {
    if (!group->alone[i].ok()) continue;
    usable.push_back(i);
    differs |= !group->samples[i]->HasInputsOf(*group->samples.front());
  }
  if (!differs) {
    return Unproven("no second example with other values can be run");
  }
  int64_t rows = 0;
  for (size_t i : usable) rows += group->samples[i]->rows;
  if (rows > RowsInTime(*group)) {
    return Disproven("a batch would take too much of --max-execution-time");
  }
  const auto plan = [&](const Order& order) {
    if (order.size() < 2) return;
    steps_.push_back(
        [this, group, order] { return RunTogether(*group, order); });
  };
  plan({usable.front(), usable.back()});
  plan(usable);
  plan(Order(usable.rbegin(), usable.rend()));
  // Sizes are the method's, whatever the example: once is enough.
  if (group != groups_.front().get()) return absl::OkStatus();
  const Order full = FullBatch(*group);
  if (!method_->HasBranches()) {
    plan(full);
    return absl::OkStatus();
  }
  for (size_t size = 2; size <= SizesInTime(*group, full); ++size) {
    plan(Order(full.begin(), full.begin() + static_cast<ptrdiff_t>(size)));
  }
  return absl::OkStatus();
}

int64_t BatchCheck::RowsInTime(const Group& group) const {
  constexpr int64_t kPart = 4;  // of the limit, so that a slow moment is none
  if (limit_->time == MonoDuration::zero()) {
    return std::numeric_limits<int64_t>::max();
  }
  return limit_->time / (kPart * group.row_time);
}

size_t BatchCheck::SizesInTime(const Group& group, const Order& full) const {
  constexpr MonoDuration kMost = std::chrono::seconds(5);
  MonoDuration all = MonoDuration::zero();
  int64_t rows = 0;
  for (size_t size = 0; size < full.size(); ++size) {
    rows += group.samples[full[size]]->rows;
    all += rows * group.row_time;
    if (all > kMost) return size;
  }
  return full.size();
}

BatchCheck::Order BatchCheck::FullBatch(const Group& group) const {
  const int64_t most = std::min(max_rows_, RowsInTime(group));
  Order order;
  int64_t rows = 0;
  int64_t bytes = 0;
  for (size_t i = 0;; i = (i + 1) % group.samples.size()) {
    if (!group.alone[i].ok()) continue;
    const SampleRequest& sample = *group.samples[i];
    rows += sample.rows;
    bytes += BytesOf(sample);
    if (rows > most || bytes > kMostBytes) return order;
    order.push_back(i);
  }
}

void BatchCheck::PlanHalf(const Group& group, const Order& order) {
  const Order half(order.begin(),
                   order.begin() + static_cast<ptrdiff_t>(order.size() / 2));
  if (half.size() < 2) return;  // pairs have a batch of their own
  steps_.push_front([this, &group, half] { return RunTogether(group, half); });
}

absl::Status BatchCheck::RunTogether(const Group& group, const Order& order) {
  std::vector<InferTask*> tasks;
  int64_t rows = 0;
  for (size_t i : order) {
    tasks.push_back(group.samples[i].get());
    rows += group.samples[i]->rows;
  }
  const absl::StatusOr<Outputs> outputs = Run(tasks);
  if (absl::IsResourceExhausted(outputs.status()) && order.size() > 2) {
    max_rows_ = std::min(max_rows_, rows - 1);
    PlanHalf(group, order);
    return absl::OkStatus();
  }
  if (!outputs.ok()) {
    return Disproven(absl::StrCat("a batch of ", rows,
                                  " rows fails: ", outputs.status().message()));
  }
  int64_t first = 0;
  for (size_t i : order) {
    const Outputs& alone = *group.alone[i];
    const int64_t count = group.samples[i]->rows;
    for (size_t o = 0; o < alone.size(); ++o) {
      const bool same = outputs->size() == alone.size() &&
                        HasRows((*outputs)[o], rows) &&
                        Equal(alone[o].All(), (*outputs)[o].Rows(first, count),
                              method_->precision().rounding());
      if (same) continue;
      return Disproven(absl::StrCat("output '", alone[o].name(),
                                    "' is another one in a batch of ", rows,
                                    " rows"));
    }
    first += count;
  }
  rows_ = std::max(rows_, rows);
  return absl::OkStatus();
}

}  // namespace sconce
