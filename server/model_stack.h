// ModelStack: everything that finds, loads and runs models, put together.
#ifndef SERVER_MODEL_STACK_H_
#define SERVER_MODEL_STACK_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/base/fork_server.h"
#include "server/batching/lane_pool.h"
#include "server/core/manager.h"
#include "server/core/readiness.h"
#include "server/core/state_monitor.h"
#include "server/device/device_backend.h"
#include "server/device/device_health.h"
#include "server/options.h"
#include "server/runtime/device_pools.h"
#include "server/runtime/torch_loader.h"
#include "server/sources/repository_control.h"
#include "server/telemetry/metrics.h"
#include "server/telemetry/server_status.h"

namespace sconce {

// Life: Create() reads no model; Start() states what is to be loaded;
// Release() when the process ends, or else the destructor.
// The getters give what is thread-safe and lives as long as the stack.
class ModelStack {
 public:
  // Told on the thread that changed a model's state, one call at a time, when
  // the state can be asked for.
  using ModelListener = std::function<void(const std::string& model)>;

  struct Listeners {
    ModelListener on_change;
    DeviceHealth::Listener on_device_failure;
  };

  // INVALID_ARGUMENT: a repository that cannot be one.
  // `backend` is borrowed, or null where there are no devices; it has those
  // that `options` names.
  static absl::StatusOr<std::unique_ptr<ModelStack>> Create(
      const ServerOptions& options, DeviceBackend* backend,
      Listeners listeners);

  ~ModelStack();
  ModelStack(const ModelStack&) = delete;
  ModelStack& operator=(const ModelStack&) = delete;

  void Start();

  // The process is to end: no load begins any more, clients who wait for one
  // are told so, and what they uploaded and was not loaded is removed. The
  // loads themselves go on, and what is loaded serves.
  void StopLoads();

  // From here on nothing is decided or written to the disk any more. What loads
  // or runs goes on: nobody waits for it, for the process is about to end.
  // Returns the names of these models' versions.
  std::vector<std::string> Release();

  // Whether the models are in a state to take traffic.
  bool IsReady();

  // Why a repository cannot be read, for each of them; fit for a client.
  std::vector<absl::Status> RepositoryStates() const {
    return control_->RepositoryStates();
  }

  // What the models, their lanes and their memory have to say.
  ServerStatus Status();

  Manager* manager() { return manager_.get(); }
  ModelControl* control() { return control_.get(); }
  StateMonitor* monitor() { return &monitor_; }
  ServerMetrics* metrics() { return &metrics_; }
  LanePool* lanes() { return &lanes_; }

 private:
  ModelStack(const ServerOptions& options, ModelListener on_change);

  TorchLoaderOptions LoaderOptions();
  Manager::Options ManagerOptions();
  RepositoryControl::Options ControlOptions();
  void OnStateChange(const ServableReport& report);

  const ServerOptions options_;
  const ModelListener on_change_;
  ServerMetrics metrics_;
  StateMonitor monitor_;
  Readiness readiness_;
  ForkServer forks_;
  LanePool lanes_;          // of requests
  LanePool loading_lanes_;  // of models that are not open for requests yet
  std::unique_ptr<DevicePools> devices_;
  std::unique_ptr<RepositoryControl> control_;
  std::unique_ptr<Manager> manager_;  // ends before control_, which it answers
};

}  // namespace sconce

#endif  // SERVER_MODEL_STACK_H_
