// ServableTelemetry: everything recorded about one servable, in one place.
#ifndef SERVER_TELEMETRY_SERVABLE_TELEMETRY_H_
#define SERVER_TELEMETRY_SERVABLE_TELEMETRY_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"

#include "server/base/clock.h"
#include "server/telemetry/metrics.h"
#include "server/telemetry/request_trace.h"
#include "server/telemetry/servable_stats.h"

namespace sconce {

// Feeds the statistics RPC and /metrics from the same events, so that they
// agree. Thread-safe.
class ServableTelemetry {
 public:
  explicit ServableTelemetry(std::shared_ptr<ServableMetrics> metrics)
      : metrics_(std::move(metrics)) {}

  // Executions before this call are warm-up and not counted.
  void StartCounting() { counting_ = true; }

  // A request entered (+1) or left (-1) the queue.
  void RecordQueued(int64_t difference) { metrics_->AddQueued(difference); }

  // A sequence began (+1) or is forgotten (-1).
  void RecordSequences(int64_t difference) {
    metrics_->AddSequences(difference);
  }

  // A batch of `method` may have so many rows from now on.
  void RecordBatching(const std::string& method, int64_t rows) {
    metrics_->SetBatchingRows(method, rows);
  }

  // It keeps so many bytes on `device`.
  void RecordWeights(const std::string& device, int64_t bytes) {
    metrics_->SetWeights(device, bytes);
  }

  // Its recorded calls keep so many bytes of `device`.
  void RecordGraphs(const std::string& device, int64_t bytes) {
    metrics_->SetGraphs(device, bytes);
  }

  // A request was answered that `elements` elements had been added to.
  void RecordPadding(int64_t elements) {
    if (counting_) metrics_->RecordPadding(elements);
  }

  // The model ran once on `trace.batch_rows` rows; `trace` is that of any
  // request of the batch.
  void RecordExecution(const RequestTrace& trace);

  // A request of `rows` rows ended with `code` at `now`.
  void RecordRequest(absl::StatusCode code, int64_t rows,
                     const RequestTrace& trace, MonoTime now);

  ServableStats::Snapshot stats() const { return stats_.Get(); }

 private:
  const std::shared_ptr<ServableMetrics> metrics_;
  std::atomic<bool> counting_ = false;
  ServableStats stats_;
};

}  // namespace sconce

#endif  // SERVER_TELEMETRY_SERVABLE_TELEMETRY_H_
