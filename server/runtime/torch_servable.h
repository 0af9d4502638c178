// TorchServable: a TorchScript module that answers requests.
#ifndef SERVER_RUNTIME_TORCH_SERVABLE_H_
#define SERVER_RUNTIME_TORCH_SERVABLE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "server/batching/batch_scheduler.h"
#include "server/batching/lane_pool.h"
#include "server/core/servable.h"
#include "server/runtime/module_method.h"
#include "server/runtime/torch_executor.h"
#include "server/telemetry/servable_telemetry.h"
#include "server/tensor/learned_signature.h"

namespace sconce {

// Thread-safe. Each method has a queue of its own; all share one module, the
// lanes and the statistics. The destructor waits for the lanes to leave it.
class TorchServable : public Servable {
 public:
  // `lanes` is borrowed and outlives it. `max_execution_time` as for
  // TorchExecutor.
  TorchServable(ServableId id, ServableConfig config,
                std::shared_ptr<ServableMetrics> metrics, LanePool* lanes,
                MonoDuration max_execution_time);
  ~TorchServable() override;

  // Call before the first request. `signature.max_batch_size` is the method's.
  void AddMethod(ModuleMethod method, ModelSignature signature);
  // A method that no client can call, and why.
  void AddUncallable(const std::string& method, absl::Status reason);

  const ServableId& id() const override { return id_; }
  const ServableConfig& config() const override { return config_; }
  absl::StatusOr<std::shared_ptr<const ModelSignature>> signature(
      absl::string_view method) const override;
  ServableTelemetry* telemetry() override { return &telemetry_; }
  absl::Status Schedule(InferTask* task) override;

 private:
  struct Method;

  absl::StatusOr<Method*> Find(absl::string_view name) const;

  const ServableId id_;
  const ServableConfig config_;
  ServableTelemetry telemetry_;
  LanePool* const lanes_;
  const MonoDuration max_execution_time_;
  std::map<std::string, std::unique_ptr<Method>, std::less<>> methods_;
  std::map<std::string, absl::Status, std::less<>> uncallable_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_TORCH_SERVABLE_H_
