// ServerMetrics and ServableMetrics: what /metrics shows.
//
// Names, labels and units are documented in server/doc/metrics.md.
#ifndef SERVER_TELEMETRY_METRICS_H_
#define SERVER_TELEMETRY_METRICS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"

#include "server/base/clock.h"

namespace prometheus {
class Registry;
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace sconce {

class ServerMetrics;

// The metrics of one servable, resolved when it is loaded: recording takes no
// look-up. Thread-safe. Its ServerMetrics has to outlive it.
class ServableMetrics {
 public:
  // A request ended with `code`, `total` after it was received.
  void RecordRequest(absl::StatusCode code, MonoDuration total);
  void RecordQueue(MonoDuration waited);
  void RecordBatch(int64_t rows, MonoDuration compute);
  void AddQueued(int64_t difference);
  void AddSequences(int64_t difference);
  // Rows that a batch of `method` may have from now on.
  void SetBatchingRows(const std::string& method, int64_t rows);

 private:
  friend class ServerMetrics;
  ServableMetrics() = default;

  static constexpr size_t kCodes = 17;  // gRPC's codes, 0 to 16

  prometheus::Counter& CodeCounter(absl::StatusCode code);

  ServerMetrics* server_ = nullptr;
  std::string model_;
  std::string version_;
  // A series appears with its first request. Null until then.
  std::array<std::atomic<prometheus::Counter*>, kCodes> requests_ = {};
  prometheus::Histogram* request_seconds_ = nullptr;
  prometheus::Histogram* queue_seconds_ = nullptr;
  prometheus::Histogram* compute_seconds_ = nullptr;
  prometheus::Histogram* batch_rows_ = nullptr;
  prometheus::Gauge* queued_ = nullptr;
};

// Owns all metric families of the process. Thread-safe.
class ServerMetrics {
 public:
  ServerMetrics();
  ~ServerMetrics();
  ServerMetrics(const ServerMetrics&) = delete;
  ServerMetrics& operator=(const ServerMetrics&) = delete;

  // The metrics of one model version. Asking again for the same version
  // continues its series.
  std::shared_ptr<ServableMetrics> ForServable(const std::string& model,
                                               int64_t version);

  // Requests that reached no servable (unknown model, malformed message).
  void RecordRejected(absl::StatusCode code);

  // 1 for the state the model version is in. `state` is the protocol's word.
  void SetModelState(const std::string& model, int64_t version,
                     const std::string& state);

  // Lanes whose run has not returned so far.
  void AddStuckLanes(int difference);

  const std::shared_ptr<prometheus::Registry>& registry() const {
    return registry_;
  }

 private:
  friend class ServableMetrics;
  struct Families;

  const std::shared_ptr<prometheus::Registry> registry_;
  const std::unique_ptr<Families> families_;
};

// The code's name as gRPC writes it, e.g. "INVALID_ARGUMENT".
std::string StatusCodeName(absl::StatusCode code);

}  // namespace sconce

#endif  // SERVER_TELEMETRY_METRICS_H_
