#include "server/core/warmup.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "server/core/waiting_task.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

// A warm-up that would need more than this is left to the first request.
constexpr int64_t kMaxBytes = int64_t{256} << 20;

// Adds a zero-filled input; false when `spec` leaves open how large.
bool AddZeros(const TensorSpec& spec, int64_t rows, bool batched,
              WaitingTask* task) {
  if (spec.kind != ValueKind::kTensor || !spec.type || !spec.shape ||
      *spec.type == DataType::kBytes) {
    return false;
  }
  Shape shape = *spec.shape;
  if (batched && !shape.empty()) shape[0] = rows;
  const std::optional<int64_t> bytes = ByteCount(*spec.type, shape);
  if (!bytes || *bytes > kMaxBytes) return false;
  task->AddInput(spec.name, *spec.type, shape,
                 std::vector<uint8_t>(static_cast<size_t>(*bytes)));
  return true;
}

// Returns whether larger batches are worth trying.
bool RunOnce(Servable* servable, const ModelSignature& signature,
             int64_t rows) {
  WaitingTask task;
  for (const TensorSpec& spec : signature.inputs) {
    if (spec.optional) continue;
    if (!AddZeros(spec, rows, signature.max_batch_size > 0, &task)) {
      return false;
    }
  }
  const absl::Status status = task.Run(servable).status();
  LogDebug("warm-up ran", {{"model", servable->id().model},
                           {"rows", rows},
                           {"outcome", status.ToString()}});
  return status.ok();
}

}  // namespace

void WarmUp(Servable* servable) {
  const auto signature = servable->signature("");
  if (!signature.ok()) return;  // a model without forward
  const int64_t most = std::max<int64_t>(1, (*signature)->max_batch_size);
  for (int64_t rows = 1; rows < most; rows *= 2) {
    if (!RunOnce(servable, **signature, rows)) return;
  }
  RunOnce(servable, **signature, most);
}

}  // namespace sconce
