#include "server/telemetry/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

using prometheus::Histogram;

// `count` bounds from `first` on, each twice the one before.
Histogram::BucketBoundaries Doubling(double first, int count) {
  Histogram::BucketBoundaries bounds = {first};
  while (static_cast<int>(bounds.size()) < count) {
    bounds.push_back(2 * bounds.back());
  }
  return bounds;
}

// 50 us to about 26 s, a factor of two apart: fine enough for a percentile of
// a small model, wide enough for a slow one.
Histogram::BucketBoundaries SecondsBuckets() { return Doubling(50e-6, 20); }

Histogram::BucketBoundaries RowsBuckets() { return Doubling(1, 11); }

const char* const kModelStates[] = {"LOADING", "READY", "UNLOADING",
                                    "UNAVAILABLE"};

prometheus::Labels VersionLabels(const std::string& model, int64_t version) {
  return {{"model", model}, {"version", absl::StrCat(version)}};
}

}  // namespace

struct ServerMetrics::Families {
  explicit Families(prometheus::Registry& r)
      : requests(prometheus::BuildCounter()
                     .Name("sconce_requests_total")
                     .Help("Inference requests by gRPC status code.")
                     .Register(r)),
        rejected(prometheus::BuildCounter()
                     .Name("sconce_rejected_requests_total")
                     .Help("Inference requests that reached no model.")
                     .Register(r)),
        request_seconds(prometheus::BuildHistogram()
                            .Name("sconce_request_seconds")
                            .Help("Reception of a request to its response.")
                            .Register(r)),
        queue_seconds(prometheus::BuildHistogram()
                          .Name("sconce_queue_seconds")
                          .Help("Time a request waited for a lane.")
                          .Register(r)),
        compute_seconds(prometheus::BuildHistogram()
                            .Name("sconce_compute_seconds")
                            .Help("Time of one execution of a batch.")
                            .Register(r)),
        batch_rows(prometheus::BuildHistogram()
                       .Name("sconce_batch_rows")
                       .Help("Rows in one execution of a batch.")
                       .Register(r)),
        queued(prometheus::BuildGauge()
                   .Name("sconce_queued_requests")
                   .Help("Requests waiting for a lane.")
                   .Register(r)),
        sequences(prometheus::BuildGauge()
                      .Name("sconce_sequences")
                      .Help("Sequences that live in a stateful model.")
                      .Register(r)),
        batching_rows(prometheus::BuildGauge()
                          .Name("sconce_batching_rows")
                          .Help("Rows a batch may have; 0: none is formed.")
                          .Register(r)),
        weights(prometheus::BuildGauge()
                    .Name("sconce_model_weights_bytes")
                    .Help("What a loaded model keeps on a device.")
                    .Register(r)),
        graphs(prometheus::BuildGauge()
                   .Name("sconce_model_graphs_bytes")
                   .Help("What a model's recorded calls keep on a device.")
                   .Register(r)),
        padded(prometheus::BuildCounter()
                   .Name("sconce_padded_requests_total")
                   .Help("Requests that were padded to share batches.")
                   .Register(r)),
        padding(prometheus::BuildCounter()
                    .Name("sconce_padding_elements_total")
                    .Help("Elements that padding added to inputs.")
                    .Register(r)),
        state(prometheus::BuildGauge()
                  .Name("sconce_model_state")
                  .Help("1 for the state a model version is in.")
                  .Register(r)),
        loads(prometheus::BuildCounter()
                  .Name("sconce_model_loads_total")
                  .Help("Loads of model versions that are over.")
                  .Register(r)),
        loads_ok(loads.Add({{"result", "ok"}})),
        loads_failed(loads.Add({{"result", "failed"}})),
        last_load(prometheus::BuildGauge()
                      .Name("sconce_model_last_load_successful")
                      .Help("1 when a version's last load went well, else 0.")
                      .Register(r)),
        stuck_lanes(prometheus::BuildGauge()
                        .Name("sconce_stuck_lanes")
                        .Help("Lanes whose operator has not returned so far.")
                        .Register(r)
                        .Add({})) {}

  prometheus::Family<prometheus::Counter>& requests;
  prometheus::Family<prometheus::Counter>& rejected;
  prometheus::Family<prometheus::Histogram>& request_seconds;
  prometheus::Family<prometheus::Histogram>& queue_seconds;
  prometheus::Family<prometheus::Histogram>& compute_seconds;
  prometheus::Family<prometheus::Histogram>& batch_rows;
  prometheus::Family<prometheus::Gauge>& queued;
  prometheus::Family<prometheus::Gauge>& sequences;
  prometheus::Family<prometheus::Gauge>& batching_rows;
  prometheus::Family<prometheus::Gauge>& weights;
  prometheus::Family<prometheus::Gauge>& graphs;
  prometheus::Family<prometheus::Counter>& padded;
  prometheus::Family<prometheus::Counter>& padding;
  prometheus::Family<prometheus::Gauge>& state;
  prometheus::Family<prometheus::Counter>& loads;
  // Both are there from the start, so that an increase from 0 is seen.
  prometheus::Counter& loads_ok;
  prometheus::Counter& loads_failed;
  prometheus::Family<prometheus::Gauge>& last_load;
  prometheus::Gauge& stuck_lanes;
};

ServerMetrics::ServerMetrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      families_(std::make_unique<Families>(*registry_)) {}

ServerMetrics::~ServerMetrics() = default;

std::shared_ptr<ServableMetrics> ServerMetrics::ForServable(
    const std::string& model, int64_t version) {
  // Before the lock, which its end takes, be it because an allocation failed.
  const std::shared_ptr<ServableMetrics> made(new ServableMetrics,
                                              [this](ServableMetrics* metrics) {
                                                LetGo(metrics);
                                                delete metrics;
                                              });
  MutexLock lock(&mu_);
  std::weak_ptr<ServableMetrics>& served =
      served_[{model, absl::StrCat(version)}];
  if (auto metrics = served.lock()) return metrics;
  AddSeries(model, version, made.get());
  served = made;
  return made;
}

void ServerMetrics::AddSeries(const std::string& model, int64_t version,
                              ServableMetrics* metrics) {
  const prometheus::Labels labels = VersionLabels(model, version);
  metrics->server_ = this;
  metrics->model_ = model;
  metrics->version_ = absl::StrCat(version);
  metrics->request_seconds_ =
      &families_->request_seconds.Add(labels, SecondsBuckets());
  metrics->queue_seconds_ =
      &families_->queue_seconds.Add(labels, SecondsBuckets());
  metrics->compute_seconds_ =
      &families_->compute_seconds.Add(labels, SecondsBuckets());
  metrics->batch_rows_ = &families_->batch_rows.Add(labels, RowsBuckets());
  metrics->queued_ = &families_->queued.Add(labels);
}

// Somebody may have asked for the version again meanwhile; then the series are
// his. What was made in vain has none, and no name.
void ServerMetrics::LetGo(ServableMetrics* metrics) {
  MutexLock lock(&mu_);
  const auto found = served_.find({metrics->model_, metrics->version_});
  if (found == served_.end() || !found->second.expired()) return;
  served_.erase(found);
  metrics->RemoveSeries();
}

void ServerMetrics::RecordRejected(absl::StatusCode code) {
  families_->rejected.Add({{"code", StatusCodeName(code)}}).Increment();
}

void ServerMetrics::SetModelState(const std::string& model, int64_t version,
                                  const std::string& state) {
  for (const char* candidate : kModelStates) {
    prometheus::Labels labels = VersionLabels(model, version);
    labels["state"] = candidate;
    families_->state.Add(labels).Set(state == candidate ? 1 : 0);
  }
}

void ServerMetrics::RemoveModelState(const std::string& model,
                                     int64_t version) {
  for (const char* state : kModelStates) {
    prometheus::Labels labels = VersionLabels(model, version);
    labels["state"] = state;
    families_->state.Remove(&families_->state.Add(labels));
  }
  families_->last_load.Remove(
      &families_->last_load.Add(VersionLabels(model, version)));
}

void ServerMetrics::RecordLoad(bool ok) {
  (ok ? families_->loads_ok : families_->loads_failed).Increment();
}

void ServerMetrics::SetLastLoad(const std::string& model, int64_t version,
                                bool ok) {
  families_->last_load.Add(VersionLabels(model, version)).Set(ok ? 1 : 0);
}

void ServerMetrics::AddStuckLanes(int difference) {
  families_->stuck_lanes.Increment(difference);
}

prometheus::Counter& ServableMetrics::CodeCounter(absl::StatusCode code) {
  const size_t index =
      std::min(static_cast<size_t>(code), ServableMetrics::kCodes - 1);
  prometheus::Counter* counter =
      requests_[index].load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Two threads may both get here; Add() gives both the same counter.
    counter =
        &server_->families_->requests.Add({{"model", model_},
                                           {"version", version_},
                                           {"code", StatusCodeName(code)}});
    requests_[index].store(counter, std::memory_order_release);
  }
  return *counter;
}

void ServableMetrics::RecordRequest(absl::StatusCode code, MonoDuration total) {
  CodeCounter(code).Increment();
  request_seconds_->Observe(ToSeconds(total));
}

void ServableMetrics::RecordQueue(MonoDuration waited) {
  queue_seconds_->Observe(ToSeconds(waited));
}

void ServableMetrics::RecordBatch(int64_t rows, MonoDuration compute) {
  batch_rows_->Observe(static_cast<double>(rows));
  compute_seconds_->Observe(ToSeconds(compute));
}

// Rare events of some models only: a series appears with its first.
void ServableMetrics::AddSequences(int64_t difference) {
  prometheus::Gauge& gauge = server_->families_->sequences.Add(
      {{"model", model_}, {"version", version_}});
  gauge.Increment(static_cast<double>(difference));
  MutexLock lock(&mu_);
  sequences_.insert(&gauge);
}

void ServableMetrics::RecordPadding(int64_t elements) {
  if (padded_ == nullptr) {
    // Two threads may both get here; Add() gives both the same counters.
    const prometheus::Labels labels = {{"model", model_},
                                       {"version", version_}};
    padding_ = &server_->families_->padding.Add(labels);
    padded_ = &server_->families_->padded.Add(labels);
  }
  padded_.load()->Increment();
  padding_.load()->Increment(static_cast<double>(elements));
}

void ServableMetrics::SetBatchingRows(const std::string& method, int64_t rows) {
  prometheus::Gauge& gauge = server_->families_->batching_rows.Add(
      {{"model", model_}, {"version", version_}, {"method", method}});
  gauge.Set(static_cast<double>(rows));
  MutexLock lock(&mu_);
  batching_rows_.insert(&gauge);
}

void ServableMetrics::SetWeights(const std::string& device, int64_t bytes) {
  prometheus::Gauge& gauge = server_->families_->weights.Add(
      {{"model", model_}, {"version", version_}, {"device", device}});
  gauge.Set(static_cast<double>(bytes));
  MutexLock lock(&mu_);
  weights_.insert(&gauge);
}

void ServableMetrics::SetGraphs(const std::string& device, int64_t bytes) {
  prometheus::Gauge& gauge = server_->families_->graphs.Add(
      {{"model", model_}, {"version", version_}, {"device", device}});
  gauge.Set(static_cast<double>(bytes));
  MutexLock lock(&mu_);
  graphs_.insert(&gauge);
}

void ServableMetrics::RemoveSeries() {
  ServerMetrics::Families& families = *server_->families_;
  for (const auto& counter : requests_) {
    if (counter != nullptr) families.requests.Remove(counter);
  }
  if (padding_ != nullptr) families.padding.Remove(padding_);
  if (padded_ != nullptr) families.padded.Remove(padded_);
  families.request_seconds.Remove(request_seconds_);
  families.queue_seconds.Remove(queue_seconds_);
  families.compute_seconds.Remove(compute_seconds_);
  families.batch_rows.Remove(batch_rows_);
  families.queued.Remove(queued_);
  MutexLock lock(&mu_);
  for (prometheus::Gauge* gauge : sequences_) families.sequences.Remove(gauge);
  for (prometheus::Gauge* gauge : batching_rows_) {
    families.batching_rows.Remove(gauge);
  }
  for (prometheus::Gauge* gauge : weights_) families.weights.Remove(gauge);
  for (prometheus::Gauge* gauge : graphs_) families.graphs.Remove(gauge);
}

void ServableMetrics::AddQueued(int64_t difference) {
  if (difference >= 0) {
    queued_->Increment(static_cast<double>(difference));
  } else {
    queued_->Decrement(static_cast<double>(-difference));
  }
}

std::string StatusCodeName(absl::StatusCode code) {
  return absl::StatusCodeToString(code);
}

}  // namespace sconce
