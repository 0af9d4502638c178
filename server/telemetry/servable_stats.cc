#include "server/telemetry/servable_stats.h"

#include <chrono>

namespace sconce {
namespace {

int64_t UnixMilliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void ServableStats::RecordExecution(int64_t rows, const BatchTimes& times) {
  MutexLock lock(&mu_);
  ++data_.executions;
  Batch& batch = data_.batches[rows];
  batch.input.Add(times.input);
  batch.infer.Add(times.infer);
  batch.output.Add(times.output);
}

void ServableStats::RecordSuccess(int64_t rows, const RequestTrace& trace,
                                  MonoDuration total) {
  const int64_t now_ms = UnixMilliseconds();
  MutexLock lock(&mu_);
  data_.last_inference_unix_ms = now_ms;
  data_.rows += rows;
  data_.success.Add(total);
  data_.queue.Add(trace.Queue());
  data_.compute_input.Add(trace.ComputeInput());
  data_.compute_infer.Add(trace.ComputeInfer());
  data_.compute_output.Add(trace.ComputeOutput());
}

void ServableStats::RecordFailure(MonoDuration total) {
  MutexLock lock(&mu_);
  data_.fail.Add(total);
}

ServableStats::Snapshot ServableStats::Get() const {
  MutexLock lock(&mu_);
  return data_;
}

}  // namespace sconce
