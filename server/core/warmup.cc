#include "server/core/warmup.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "server/core/waiting_task.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

// Sizes that would need more than this are left to the first request.
constexpr int64_t kMostBytes = int64_t{256} << 20;

// Bytes of the tensors whose rows can be repeated.
int64_t RowBytes(const InferTask& example) {
  int64_t bytes = 0;
  for (const InputTensor& input : example.inputs) {
    if (!input.by_value) bytes += static_cast<int64_t>(input.bytes.size());
  }
  return bytes;
}

struct Outcome {
  bool good = true;
  MonoDuration took;
};

Outcome Run(Servable* servable, const InferTask& example, int64_t times,
            int at_once, const Clock* clock) {
  const MonoTime begin = clock->Now();
  std::vector<std::unique_ptr<WaitingTask>> tasks;
  for (int i = 0; i < at_once; ++i) {
    tasks.push_back(RepeatRows(example, times));
    tasks.back()->Start(servable);
  }
  Outcome outcome;
  for (const auto& task : tasks) {
    const absl::Status status = task->Wait().status();
    outcome.good &= status.ok();
    LogDebug("warm-up ran", {{"model", servable->id().model},
                             {"method", example.method},
                             {"times", times},
                             {"outcome", status.ToString()}});
  }
  outcome.took = clock->Now() - begin;
  return outcome;
}

}  // namespace

std::unique_ptr<WaitingTask> RepeatRows(const InferTask& example,
                                        int64_t times) {
  auto task = std::make_unique<WaitingTask>();
  task->method = example.method;
  for (const InputTensor& input : example.inputs) {
    const int64_t copies = input.by_value ? 1 : times;
    std::vector<uint8_t> bytes(input.bytes.size() *
                               static_cast<size_t>(copies));
    for (int64_t i = 0; i < copies; ++i) {
      input.bytes.CopyTo(bytes.data() +
                         static_cast<size_t>(i) * input.bytes.size());
    }
    Shape shape = input.shape;
    if (copies > 1) shape[0] *= copies;
    task->AddInput(input.name, input.type, shape, std::move(bytes));
  }
  return task;
}

int64_t WarmUp(Servable* servable, const InferTask& example,
               const WarmUpLimits& limits, const Clock* clock) {
  const int64_t fit = kMostBytes / std::max<int64_t>(1, RowBytes(example));
  const int64_t rows = std::max<int64_t>(1, example.rows);
  const int64_t most =
      std::max<int64_t>(1, std::min(limits.most_rows / rows, fit));
  int64_t good = 0;
  for (int64_t times = 1;; times = std::min(2 * times, most)) {
    const Outcome outcome =
        Run(servable, example, times, limits.at_once, clock);
    if (!outcome.good) return good;
    good = times;
    if (times == most || outcome.took >= limits.long_run) return good;
  }
}

}  // namespace sconce
