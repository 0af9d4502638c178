// ServerMetrics and ServableMetrics: what /metrics shows.
//
// Names, labels and units are documented in server/doc/metrics.md.
#ifndef SERVER_TELEMETRY_METRICS_H_
#define SERVER_TELEMETRY_METRICS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"

#include "server/base/clock.h"
#include "server/base/mutex.h"

namespace prometheus {
class Registry;
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace sconce {

class ServerMetrics;

// The metrics of one model version, resolved when it is loaded: recording takes
// no look-up. Thread-safe. Its ServerMetrics has to outlive it.
class ServableMetrics {
 public:
  ServableMetrics(const ServableMetrics&) = delete;
  ServableMetrics& operator=(const ServableMetrics&) = delete;

  // A request ended with `code`, `total` after it was received.
  void RecordRequest(absl::StatusCode code, MonoDuration total);
  void RecordQueue(MonoDuration waited);
  void RecordBatch(int64_t rows, MonoDuration compute);
  void AddQueued(int64_t difference);
  void AddSequences(int64_t difference);
  // A request was answered that so many elements had been added to.
  void RecordPadding(int64_t elements);
  // Rows that a batch of `method` may have from now on.
  void SetBatchingRows(const std::string& method, int64_t rows);
  // Bytes that it keeps on `device`, "cpu" or "cuda:0".
  void SetWeights(const std::string& device, int64_t bytes);
  // Bytes of `device` that its recorded calls keep.
  void SetGraphs(const std::string& device, int64_t bytes);

 private:
  friend class ServerMetrics;
  ServableMetrics() = default;

  static constexpr size_t kCodes = 17;  // gRPC's codes, 0 to 16

  prometheus::Counter& CodeCounter(absl::StatusCode code);
  void RemoveSeries();

  ServerMetrics* server_ = nullptr;
  std::string model_;
  std::string version_;
  // A series appears with its first request. Null until then.
  std::array<std::atomic<prometheus::Counter*>, kCodes> requests_ = {};
  std::atomic<prometheus::Counter*> padding_ = nullptr;
  std::atomic<prometheus::Counter*> padded_ = nullptr;  // set after padding_
  prometheus::Histogram* request_seconds_ = nullptr;
  prometheus::Histogram* queue_seconds_ = nullptr;
  prometheus::Histogram* compute_seconds_ = nullptr;
  prometheus::Histogram* batch_rows_ = nullptr;
  prometheus::Gauge* queued_ = nullptr;
  // Of series that only some models have.
  Mutex mu_;
  std::set<prometheus::Gauge*> sequences_ ABSL_GUARDED_BY(mu_);
  std::set<prometheus::Gauge*> batching_rows_ ABSL_GUARDED_BY(mu_);
  std::set<prometheus::Gauge*> weights_ ABSL_GUARDED_BY(mu_);
  std::set<prometheus::Gauge*> graphs_ ABSL_GUARDED_BY(mu_);
};

// Owns all metric families of the process. Thread-safe.
class ServerMetrics {
 public:
  ServerMetrics();
  ~ServerMetrics();
  ServerMetrics(const ServerMetrics&) = delete;
  ServerMetrics& operator=(const ServerMetrics&) = delete;

  // The metrics of one model version, the same for all that ask while anybody
  // has them. When the last one lets go of them their series disappear, so that
  // versions that come and go leave nothing behind.
  std::shared_ptr<ServableMetrics> ForServable(const std::string& model,
                                               int64_t version)
      ABSL_LOCKS_EXCLUDED(mu_);

  // Requests that reached no servable (unknown model, malformed message).
  void RecordRejected(absl::StatusCode code);

  // 1 for the state the model version is in. `state` is the protocol's word.
  void SetModelState(const std::string& model, int64_t version,
                     const std::string& state);

  // A load that had begun is over.
  void RecordLoad(bool ok);

  // How the last load of the model version ended.
  void SetLastLoad(const std::string& model, int64_t version, bool ok);

  // The version is not registered any more: its states, and how its last load
  // ended, disappear.
  void RemoveModelState(const std::string& model, int64_t version);

  // Lanes whose run has not returned so far.
  void AddStuckLanes(int difference);

  const std::shared_ptr<prometheus::Registry>& registry() const {
    return registry_;
  }

 private:
  friend class ServableMetrics;
  struct Families;

  void AddSeries(const std::string& model, int64_t version,
                 ServableMetrics* metrics) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void LetGo(ServableMetrics* metrics) ABSL_LOCKS_EXCLUDED(mu_);

  const std::shared_ptr<prometheus::Registry> registry_;
  const std::unique_ptr<Families> families_;

  Mutex mu_;
  // By model and version; may have expired.
  std::map<std::pair<std::string, std::string>, std::weak_ptr<ServableMetrics>>
      served_ ABSL_GUARDED_BY(mu_);
};

// The code's name as gRPC writes it, e.g. "INVALID_ARGUMENT".
std::string StatusCodeName(absl::StatusCode code);

}  // namespace sconce

#endif  // SERVER_TELEMETRY_METRICS_H_
