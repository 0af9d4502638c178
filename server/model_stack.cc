#include "server/model_stack.h"

#include <malloc.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/time/time.h"

#include "server/base/memory.h"
#include "server/base/processors.h"
#include "server/base/status_macros.h"
#include "server/base/thread.h"
#include "server/runtime/archive/archive_metadata.h"
#include "server/runtime/probe/fork_server_main.h"
#include "server/runtime/probe/model_inspector.h"
#include "server/runtime/probe/model_probe.h"
#include "server/runtime/torch_loader.h"
#include "server/runtime/torch_process.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

// How late a run that does not return may be found.
constexpr MonoDuration kWatchPeriod = std::chrono::seconds(1);

// CUDA has 32 streams of a priority before LibTorch uses one twice, and a lane
// takes three; --lanes is the processors' number, too.
constexpr int kMostDeviceLanes = 8;

int LoadThreads(const ServerOptions& options) {
  return options.load_threads > 0 ? options.load_threads : UsableProcessors();
}

// The rest is for requests, and for the loads' own processes' code.
int64_t ModelMemory(const ServerOptions& options) {
  return options.max_model_memory >= 0
             ? options.max_model_memory
             : static_cast<int64_t>(UsableMemory() / 5 * 4);
}

LanePool::Options Lanes(const ServerOptions& options, ServerMetrics* metrics) {
  LanePool::Options lanes;
  lanes.lanes = options.lanes > 0 ? options.lanes : UsableProcessors();
  lanes.on_thread_start = [threads = options.threads_per_lane] {
    InitTorchThread(threads);
  };
  lanes.pinned = options.threads_per_lane == 1;
  if (options.max_execution_time > absl::ZeroDuration()) {
    lanes.watch_period = kWatchPeriod;
  }
  lanes.on_stuck_lanes = [metrics](int d) { metrics->AddStuckLanes(d); };
  return lanes;
}

// As many as models are loaded at the same time, and out of the way of those
// that serve.
LanePool::Options LoadingLanes(const ServerOptions& options,
                               ServerMetrics* metrics) {
  LanePool::Options lanes = Lanes(options, metrics);
  lanes.lanes = LoadThreads(options);
  lanes.thread_name = "load-lane";
  lanes.on_thread_start = [threads = options.threads_per_lane] {
    Thread::LowerCurrentPriority();
    InitTorchThread(threads);
  };
  lanes.pinned = false;
  return lanes;
}

TorchLoaderOptions::Optimize ToOptimize(const std::string& mode) {
  if (mode == "freeze") return TorchLoaderOptions::Optimize::kFreeze;
  if (mode == "off") return TorchLoaderOptions::Optimize::kOff;
  return TorchLoaderOptions::Optimize::kAuto;
}

ControlMode ToControlMode(const std::string& mode) {
  if (mode == "poll") return ControlMode::kPoll;
  if (mode == "explicit") return ControlMode::kExplicit;
  return ControlMode::kNone;
}

// What tries out and looks into models for `loader`, in processes of their own.
ModelProbe::Options ProbeOptions(const ServerOptions& options,
                                 const TorchLoaderOptions& loader,
                                 ForkServer* forks) {
  ModelProbe::Options p;
  p.run = [forks](const ChildCommand& c) { return forks->Run(c); };
  p.loader = loader;
  p.timeout = ToMono(options.model_probe_timeout);
  p.memory_bytes = UsableMemory();
  if (options.log_format == "json") p.log_format = LogFormat::kJson;
  // The load in the server logs the same again.
  if (options.log_level == "debug") p.log_level = LogLevel::kDebug;
  return p;
}

// A version that is ready has a status where a newer content of it does not
// load.
void RecordLastLoad(const ServableReport& report, ServerMetrics* metrics) {
  if (report.state != ServableState::kReady &&
      report.state != ServableState::kError) {
    return;
  }
  metrics->SetLastLoad(report.id.model, report.id.version, report.status.ok());
}

void LogFailure(const ServableReport& report) {
  if (report.state != ServableState::kError &&
      (report.state != ServableState::kReady || report.status.ok())) {
    return;
  }
  LogError("model failed to load", {{"model", report.id.model},
                                    {"version", report.id.version},
                                    {"reason", report.status.message()}});
}

// REQUIRES: a backend has the devices that were chosen.
DevicePools::Options DeviceOptions(const ServerOptions& options,
                                   DeviceBackend* backend,
                                   DeviceHealth::Listener on_failure,
                                   ServerMetrics* metrics) {
  DevicePools::Options pools;
  pools.backend = backend;
  if (backend != nullptr) {
    pools.indices = *ChosenDevices(options.device, backend->count());
  }
  pools.memory_fraction = options.gpu_memory_fraction;
  pools.need_all = options.device.kind == DeviceChoice::Kind::kCuda;
  if (options.lanes > 0) {
    pools.pool.lanes = std::min(options.lanes, kMostDeviceLanes);
  }
  pools.pool.threads = Lanes(options, metrics);
  pools.pool.threads.on_thread_start = [] { InitTorchThread(1); };
  // Looks at the device, too.
  pools.pool.threads.watch_period = kWatchPeriod;
  // Once more as long.
  pools.pool.patience = absl::ToChronoNanoseconds(options.max_execution_time);
  pools.on_failure = std::move(on_failure);
  return pools;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ModelStack>> ModelStack::Create(
    const ServerOptions& options, DeviceBackend* backend, Listeners listeners) {
  std::unique_ptr<ModelStack> stack(
      new ModelStack(options, std::move(listeners.on_change)));
  ASSIGN_OR_RETURN(stack->devices_,
                   DevicePools::Create(DeviceOptions(
                       options, backend, std::move(listeners.on_device_failure),
                       &stack->metrics_)));
  stack->manager_ = std::make_unique<Manager>(stack->ManagerOptions());
  ASSIGN_OR_RETURN(stack->control_,
                   RepositoryControl::Create(stack->ControlOptions()));
  return stack;
}

ModelStack::ModelStack(const ServerOptions& options, ModelListener on_change)
    : options_(options),
      on_change_(std::move(on_change)),
      readiness_(options.strict_readiness),
      forks_({.arguments = {"sconce-server", kForkServerCommand}}),
      lanes_(Lanes(options, &metrics_)),
      loading_lanes_(LoadingLanes(options, &metrics_)) {}

ModelStack::~ModelStack() {
  if (control_ != nullptr) control_->Stop();
  if (manager_ != nullptr) manager_->UnloadAll();
}

TorchLoaderOptions ModelStack::LoaderOptions() {
  TorchLoaderOptions loader;
  loader.lanes = &lanes_;
  loader.loading_lanes = &loading_lanes_;
  loader.places = [this](const ServableConfig& config,
                         const ServableLanes& cpu) {
    return devices_->PlacesFor(config.placement, cpu);
  };
  loader.metrics = &metrics_;
  loader.optimize = ToOptimize(options_.optimize);
  loader.threads_per_lane = options_.threads_per_lane;
  loader.limit = {
      ToMono(options_.max_execution_time),
      options_.max_request_memory >= 0
          ? options_.max_request_memory
          : static_cast<int64_t>(UsableMemory() / 2),
      {[this](const auto& id, const auto& why) { manager_->Suspend(id, why); },
       [this](const auto& id) { manager_->Resume(id); }}};
  loader.allowed_operators = {options_.allowed_operators.begin(),
                              options_.allowed_operators.end()};
  return loader;
}

Manager::Options ModelStack::ManagerOptions() {
  TorchLoaderOptions loader = LoaderOptions();
  if (options_.model_probe) {
    loader.probe = [probe =
                        ModelProbe(ProbeOptions(options_, loader, &forks_))](
                       const auto& spec) { return probe.Prove(spec); };
  }
  Manager::Options m;
  m.loader_factory = MakeTorchLoaderFactory(loader);
  m.load_threads = LoadThreads(options_);
  m.memory_budget = ModelMemory(options_);
  m.device_memory_budgets = devices_->Budgets();
  m.on_state_change = [this](const ServableReport& r) { OnStateChange(r); };
  m.on_load_ended = [this](const absl::Status& s) {
    metrics_.RecordLoad(s.ok());
  };
  m.on_load_thread_start = [] { Thread::LowerCurrentPriority(); };
  // The weights were spread over the arenas of the load threads; what is free
  // in them would stay with the process.
  m.on_unloaded = [] { malloc_trim(0); };
  return m;
}

RepositoryControl::Options ModelStack::ControlOptions() {
  RepositoryControl::Options c;
  c.mode = ToControlMode(options_.model_control_mode);
  c.directories = options_.model_repositories;
  c.models = options_.models;
  c.defaults.max_undeclared_rows = options_.max_batch_size;
  c.defaults.max_queue_size = options_.max_queue_size;
  c.load_models = options_.load_models;
  c.poll_period = ToMono(options_.repository_poll_period);
  c.max_upload_bytes = ModelMemory(options_) > 0
                           ? ModelMemory(options_)
                           : std::numeric_limits<int64_t>::max();
  c.manager = manager_.get();
  c.on_started = [this] {
    readiness_.Begin();
    on_change_("");
  };
  c.inspect = [inspector = ModelInspector(ProbeOptions(
                   options_, LoaderOptions(), &forks_))](const auto& spec) {
    return inspector.Inspect(spec);
  };
  c.examples = ReadGoldenExamples;
  return c;
}

void ModelStack::Start() { control_->Start(); }

void ModelStack::StopLoads() {
  control_->Close();
  manager_->StopLoads();
  control_->Settle();
}

std::vector<std::string> ModelStack::Release() {
  control_->Stop();
  std::vector<std::string> busy;
  for (const ServableId& id : manager_->Busy()) busy.push_back(id.ToString());
  return busy;
}

bool ModelStack::IsReady() { return readiness_.IsReady(manager_->Index()); }

ServerStatus ModelStack::Status() {
  ServerStatus status;
  status.lanes = lanes_.lanes();
  status.memory_limit = static_cast<int64_t>(UsableMemory());
  status.model_memory = manager_->reserved_memory();
  status.model_memory_limit = ModelMemory(options_);
  status.devices = devices_->Status();
  for (DeviceStatus& device : status.devices) {
    device.model_memory = manager_->reserved_memory_of(device.name);
  }
  for (const auto& [id, requests] : manager_->InFlight()) {
    status.in_flight.push_back({id.first, id.second, requests});
  }
  return status;
}

void ModelStack::OnStateChange(const ServableReport& report) {
  const ServableId& id = report.id;
  if (report.state == ServableState::kDisabled) {
    metrics_.RemoveModelState(id.model, id.version);
  } else {
    metrics_.SetModelState(id.model, id.version,
                           std::string(ServableStateName(report.state)));
    RecordLastLoad(report, &metrics_);
  }
  LogFailure(report);
  monitor_.Publish(report);
  on_change_(id.model);
}

}  // namespace sconce
