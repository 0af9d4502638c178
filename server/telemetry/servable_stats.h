// ServableStats: exact counts and times of one servable since it was loaded,
// as the statistics RPC reports them.
#ifndef SERVER_TELEMETRY_SERVABLE_STATS_H_
#define SERVER_TELEMETRY_SERVABLE_STATS_H_

#include <cstdint>
#include <map>

#include "server/base/mutex.h"
#include "server/telemetry/request_trace.h"

namespace sconce {

// A number of events and the time they took together.
struct DurationSum {
  int64_t count = 0;
  int64_t nanoseconds = 0;

  void Add(MonoDuration d) {
    ++count;
    nanoseconds += ToNanoseconds(d);
  }
};

// Times of one execution of the model.
struct BatchTimes {
  MonoDuration input;
  MonoDuration infer;
  MonoDuration output;
};

// Thread-safe.
class ServableStats {
 public:
  struct Batch {
    DurationSum input;
    DurationSum infer;
    DurationSum output;
  };

  // What had been recorded at one instant.
  struct Snapshot {
    int64_t last_inference_unix_ms = 0;
    int64_t rows = 0;        // of requests that succeeded
    int64_t executions = 0;  // of the model, i.e. batches
    DurationSum success;     // per request: reception to last byte computed
    DurationSum fail;
    DurationSum queue;
    DurationSum compute_input;
    DurationSum compute_infer;
    DurationSum compute_output;
    std::map<int64_t, Batch> batches;  // by rows of the execution
  };

  void RecordExecution(int64_t rows, const BatchTimes& times)
      ABSL_LOCKS_EXCLUDED(mu_);
  void RecordSuccess(int64_t rows, const RequestTrace& trace,
                     MonoDuration total) ABSL_LOCKS_EXCLUDED(mu_);
  void RecordFailure(MonoDuration total) ABSL_LOCKS_EXCLUDED(mu_);

  Snapshot Get() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable Mutex mu_;
  Snapshot data_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_TELEMETRY_SERVABLE_STATS_H_
