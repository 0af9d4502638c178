// TorchServable: a loaded TorchScript module with its queue.
#ifndef SERVER_RUNTIME_TORCH_SERVABLE_H_
#define SERVER_RUNTIME_TORCH_SERVABLE_H_

#include <memory>

#include "server/batching/batch_scheduler.h"
#include "server/batching/lane_pool.h"
#include "server/core/servable.h"
#include "server/runtime/forward.h"
#include "server/runtime/torch_executor.h"
#include "server/tensor/learned_signature.h"

namespace sconce {

// Thread-safe. One frozen module, shared by all lanes. The destructor waits
// for the lanes to leave it.
class TorchServable : public Servable {
 public:
  // `lanes` is borrowed and outlives it.
  TorchServable(ServableId id, ServableConfig config, ForwardMethod forward,
                ModelSignature signature,
                std::shared_ptr<ServableMetrics> metrics, LanePool* lanes);
  ~TorchServable() override;

  const ServableId& id() const override { return id_; }
  const ServableConfig& config() const override { return config_; }
  std::shared_ptr<const ModelSignature> signature() const override {
    return signature_.Get();
  }
  ServableTelemetry* telemetry() override { return &telemetry_; }
  absl::Status Schedule(InferTask* task) override;

 private:
  const ServableId id_;
  const ServableConfig config_;
  const ForwardMethod forward_;
  LearnedSignature signature_;
  ServableTelemetry telemetry_;
  TorchExecutor executor_;
  const std::shared_ptr<BatchScheduler> scheduler_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_TORCH_SERVABLE_H_
