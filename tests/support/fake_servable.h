// FakeServable and FakeLoader: models without LibTorch, whose answers a test
// decides.
#ifndef TESTS_SUPPORT_FAKE_SERVABLE_H_
#define TESTS_SUPPORT_FAKE_SERVABLE_H_

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/core/loader.h"
#include "server/core/servable.h"
#include "server/telemetry/metrics.h"

namespace sconce {

// Hands every accepted task to `on_task`, which has to finish it.
class FakeServable : public Servable {
 public:
  using OnTask = std::function<void(InferTask*)>;

  FakeServable(ServableId id, ModelSignature signature,
               std::shared_ptr<ServableMetrics> metrics, OnTask on_task)
      : id_(std::move(id)),
        signature_(std::make_shared<ModelSignature>(std::move(signature))),
        telemetry_(std::move(metrics)),
        on_task_(std::move(on_task)) {}

  const ServableId& id() const override { return id_; }
  const ServableConfig& config() const override { return config_; }
  absl::StatusOr<std::shared_ptr<const ModelSignature>> signature(
      absl::string_view) const override {
    return signature_;
  }
  std::vector<std::string> methods() const override { return {"forward"}; }
  BatchingVerdict batching(absl::string_view) const override {
    return {.text = "off: it is a fake"};
  }
  ServableTelemetry* telemetry() override { return &telemetry_; }

  // Ids of sequences that were begun without a version.
  void SetSequences(std::set<std::string> ids) { sequences_ = std::move(ids); }
  bool HasSequence(const SequencePlace& place) const override {
    return place.route.empty() && sequences_.contains(place.id);
  }
  void EndSequence(const SequencePlace& place) override {
    if (place.route.empty()) sequences_.erase(place.id);
  }

  absl::Status Schedule(InferTask* task) override {
    const absl::Status status =
        CheckInputs(*signature_, id_.model, &task->inputs);
    if (status.ok()) on_task_(task);
    return status;
  }

 private:
  const ServableId id_;
  const ServableConfig config_;
  const std::shared_ptr<const ModelSignature> signature_;
  ServableTelemetry telemetry_;
  const OnTask on_task_;
  std::set<std::string> sequences_;
};

// Load() runs `load`, which makes the servable or says why not.
class FakeLoader : public Loader {
 public:
  using LoadFunction =
      std::function<absl::StatusOr<std::unique_ptr<Servable>>()>;

  explicit FakeLoader(LoadFunction load) : load_(std::move(load)) {}

  absl::Status Load() override {
    auto servable = load_();
    if (servable.ok()) servable_ = *std::move(servable);
    return servable.status();
  }
  Servable* servable() override { return servable_.get(); }
  void Unload() override { servable_.reset(); }

 private:
  const LoadFunction load_;
  std::unique_ptr<Servable> servable_;
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_FAKE_SERVABLE_H_
