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

// In a run that takes longer, what a first run costs is lost: LibTorch needs
// some milliseconds for a new size.
constexpr auto kLong = std::chrono::milliseconds(200);

// Bytes of the tensors whose rows can be repeated.
int64_t RowBytes(const InferTask& example) {
  int64_t bytes = 0;
  for (const InputTensor& input : example.inputs) {
    if (!input.by_value) bytes += static_cast<int64_t>(input.bytes.size());
  }
  return bytes;
}

// `example` with its rows repeated.
std::unique_ptr<WaitingTask> Repeat(const InferTask& example, int64_t times) {
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

// Whether a larger size is worth a try: all requests were answered well, and
// soon.
bool Run(Servable* servable, const InferTask& example, int64_t times,
         int at_once, const Clock* clock) {
  const MonoTime begin = clock->Now();
  std::vector<std::unique_ptr<WaitingTask>> tasks;
  for (int i = 0; i < at_once; ++i) {
    tasks.push_back(Repeat(example, times));
    tasks.back()->Start(servable);
  }
  bool good = true;
  for (const auto& task : tasks) {
    const absl::Status status = task->Wait().status();
    good &= status.ok();
    LogDebug("warm-up ran", {{"model", servable->id().model},
                             {"method", example.method},
                             {"times", times},
                             {"outcome", status.ToString()}});
  }
  return good && clock->Now() - begin < kLong;
}

}  // namespace

void WarmUp(Servable* servable, const InferTask& example, int64_t most_rows,
            int at_once, const Clock* clock) {
  const int64_t fit = kMostBytes / std::max<int64_t>(1, RowBytes(example));
  const int64_t rows = std::max<int64_t>(1, example.rows);
  const int64_t most = std::max<int64_t>(1, std::min(most_rows / rows, fit));
  for (int64_t times = 1; times < most; times *= 2) {
    if (!Run(servable, example, times, at_once, clock)) return;
  }
  Run(servable, example, most, at_once, clock);
}

}  // namespace sconce
