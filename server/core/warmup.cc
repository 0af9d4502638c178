#include "server/core/warmup.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/base/notification.h"
#include "server/core/infer_task.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

// A warm-up that would need more than this is left to the first request.
constexpr int64_t kMaxBytes = int64_t{256} << 20;

class WarmupTask : public InferTask {
 public:
  bool IsCancelled() const override { return false; }

  void Finish(absl::StatusOr<std::vector<OutputTensor>> outputs) override {
    status_ = outputs.status();
    done_.Notify();
  }

  absl::Status Wait() {
    done_.Wait();
    return status_;
  }

  // Adds a zero-filled input; false when `spec` leaves open how large.
  bool AddZeros(const TensorSpec& spec, int64_t batch_rows, bool batched) {
    if (spec.kind != ValueKind::kTensor || !spec.type || !spec.shape ||
        *spec.type == DataType::kBytes) {
      return false;
    }
    Shape shape = *spec.shape;
    if (batched && !shape.empty()) shape[0] = batch_rows;
    const std::optional<int64_t> bytes = ByteCount(*spec.type, shape);
    if (!bytes || *bytes > kMaxBytes) return false;
    storage_.emplace_back(static_cast<size_t>(*bytes), 0);
    inputs.push_back({spec.name, *spec.type, shape,
                      ByteChunks(absl::MakeConstSpan(storage_.back()))});
    return true;
  }

 private:
  std::vector<std::vector<uint8_t>> storage_;
  absl::Status status_;
  Notification done_;
};

// Returns whether larger batches are worth trying.
bool RunOnce(Servable* servable, const ModelSignature& signature,
             int64_t rows) {
  WarmupTask task;
  for (const TensorSpec& spec : signature.inputs) {
    if (spec.optional) continue;
    if (!task.AddZeros(spec, rows, signature.max_batch_size > 0)) return false;
  }
  task.trace.received = Clock::Real()->Now();
  absl::Status status = servable->Schedule(&task);
  if (status.ok()) status = task.Wait();
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
