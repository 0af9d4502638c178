#include "server/telemetry/servable_telemetry.h"

namespace sconce {

void ServableTelemetry::RecordExecution(const RequestTrace& trace) {
  if (!counting_) return;
  metrics_->RecordBatch(trace.batch_rows, trace.batch_end - trace.batch_start);
  stats_.RecordExecution(
      trace.batch_rows,
      {trace.ComputeInput(), trace.ComputeInfer(), trace.ComputeOutput()});
}

void ServableTelemetry::RecordRequest(absl::StatusCode code, int64_t rows,
                                      const RequestTrace& trace, MonoTime now) {
  const MonoDuration total = now - trace.received;
  metrics_->RecordRequest(code, total);
  if (code == absl::StatusCode::kOk) {
    metrics_->RecordQueue(trace.Queue());
    stats_.RecordSuccess(rows, trace, total);
  } else {
    stats_.RecordFailure(total);
  }
}

}  // namespace sconce
