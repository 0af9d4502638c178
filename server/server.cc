#include "server/server.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "server/admin/admin_server.h"
#include "server/base/fork_server.h"
#include "server/base/memory.h"
#include "server/base/mutex.h"
#include "server/base/processors.h"
#include "server/base/status_macros.h"
#include "server/batching/lane_pool.h"
#include "server/core/manager.h"
#include "server/rpc/grpc_server.h"
#include "server/runtime/cuda_libraries.h"
#include "server/runtime/probe/fork_server_main.h"
#include "server/runtime/probe/model_probe.h"
#include "server/runtime/torch_loader.h"
#include "server/runtime/torch_process.h"
#include "server/sources/model_catalog.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"
#include "server/version.h"

namespace sconce {
namespace {

MonoDuration ToMono(absl::Duration d) {
  return std::chrono::duration_cast<MonoDuration>(absl::ToChronoNanoseconds(d));
}

TorchLoaderOptions::Optimize ToOptimize(const std::string& mode) {
  if (mode == "freeze") return TorchLoaderOptions::Optimize::kFreeze;
  if (mode == "off") return TorchLoaderOptions::Optimize::kOff;
  return TorchLoaderOptions::Optimize::kAuto;
}

// What tries out the models that `loader` loads.
ModelProbe MakeProbe(const ServerOptions& options,
                     const TorchLoaderOptions& loader, ForkServer* forks) {
  ModelProbe::Options p;
  p.run = [forks](const ChildCommand& c) { return forks->Run(c); };
  p.loader = loader;
  p.timeout = ToMono(options.model_probe_timeout);
  p.memory_bytes = UsableMemory();
  if (options.log_format == "json") p.log_format = LogFormat::kJson;
  // The load in the server logs the same again.
  if (options.log_level == "debug") p.log_level = LogLevel::kDebug;
  return ModelProbe(p);
}

// A client that does not watch health connects again while the port is open;
// then its new connection needs another age to be told to go.
void WarnIfDrainIsTooShort(const ServerOptions& options) {
  if (2 * options.max_connection_age < options.drain_timeout) return;
  LogWarning(
      "drain may end before all connections were told to go",
      {{"max_connection_age", absl::FormatDuration(options.max_connection_age)},
       {"drain_timeout", absl::FormatDuration(options.drain_timeout)},
       {"expected", "a timeout above twice the age"}});
}

// How late a run that does not return may be found.
constexpr MonoDuration kWatchPeriod = std::chrono::seconds(1);

using Found = std::vector<ServableSpec>;

absl::StatusOr<Found> ScanAll(const ServerOptions& options) {
  ServableConfig defaults;
  defaults.max_undeclared_rows = options.max_batch_size;
  defaults.max_sequences = options.max_sequences;
  defaults.max_sequence_idle = ToMono(options.max_sequence_idle);
  defaults.max_queue_size = options.max_queue_size;
  const ModelCatalog catalog(options.model_repositories, defaults);
  RETURN_IF_ERROR(catalog.Check());
  Found all;
  for (const CatalogModel& model : catalog.ScanAll()) {
    const Found chosen = ChosenSpecs(model);
    all.insert(all.end(), chosen.begin(), chosen.end());
  }
  return all;
}

}  // namespace

// Members are made from top to bottom and destroyed from bottom to top.
struct Server::Impl {
  explicit Impl(const ServerOptions& o)
      : options(o),
        lane_count(o.lanes > 0 ? o.lanes : UsableProcessors()),
        lanes({.lanes = lane_count,
               .on_thread_start =
                   [threads = o.threads_per_lane] { InitTorchThread(threads); },
               .pinned = o.threads_per_lane == 1,
               .watch_period = o.max_execution_time > absl::ZeroDuration()
                                   ? kWatchPeriod
                                   : MonoDuration::zero(),
               .on_stuck_lanes = [this](int d) { metrics.AddStuckLanes(d); }}) {
  }

  absl::Status Start();
  absl::Status StartGrpc();
  absl::Status StartAdmin();
  void StartManager();
  void AddModels(const Found& found);
  void OnStateChange(const ServableReport& report);
  void PublishHealth(const std::string& model) ABSL_LOCKS_EXCLUDED(health_mu);
  bool IsReady() const;
  ServerFacts Facts() const;

  const ServerOptions options;
  const int lane_count;
  const absl::Time start_time = absl::Now();
  const MonoTime start = Clock::Real()->Now();
  std::atomic<bool> draining = false;

  Mutex health_mu;
  bool was_ready ABSL_GUARDED_BY(health_mu) = false;

  ServerMetrics metrics;
  ForkServer forks{{.arguments = {"sconce-server", kForkServerCommand}}};
  LanePool lanes;
  std::unique_ptr<Manager> manager;
  std::unique_ptr<GrpcServer> grpc;
  std::unique_ptr<AdminServer> admin;
};

absl::Status Server::Impl::Start() {
  WarnIfDrainIsTooShort(options);
  ASSIGN_OR_RETURN(const Found found, ScanAll(options));
  StartManager();
  RETURN_IF_ERROR(StartGrpc());
  RETURN_IF_ERROR(StartAdmin());
  LogInfo("listening",
          {{"grpc", absl::StrCat(options.listen, ":", grpc->port())},
           {"http", absl::StrCat(options.listen, ":", admin->port())},
           {"version", kServerVersion},
           {"libtorch", TorchVersion()},
           {"lanes", lane_count},
           {"threads_per_lane", options.threads_per_lane}});
  AddModels(found);
  grpc->Accept();
  return absl::OkStatus();
}

void Server::Impl::StartManager() {
  Manager::Options m;
  TorchLoaderOptions loader;
  loader.lanes = &lanes;
  loader.metrics = &metrics;
  loader.optimize = ToOptimize(options.optimize);
  loader.threads_per_lane = options.threads_per_lane;
  loader.limit = {
      ToMono(options.max_execution_time),
      options.max_request_memory >= 0
          ? options.max_request_memory
          : static_cast<int64_t>(UsableMemory() / 2),
      {[this](const auto& id, const auto& why) { manager->Suspend(id, why); },
       [this](const auto& id) { manager->Resume(id); }}};
  loader.allowed_operators = {options.allowed_operators.begin(),
                              options.allowed_operators.end()};
  if (options.model_probe) {
    loader.probe = [probe = MakeProbe(options, loader, &forks)](
                       const auto& spec) { return probe.Prove(spec); };
  }
  m.loader_factory = MakeTorchLoaderFactory(loader);
  m.load_threads = UsableProcessors();
  m.on_state_change = [this](const ServableReport& r) { OnStateChange(r); };
  manager = std::make_unique<Manager>(std::move(m));
}

absl::Status Server::Impl::StartGrpc() {
  GrpcServer::Options g;
  g.host = options.listen;
  g.port = options.grpc_port;
  g.queues = options.grpc_queues > 0 ? options.grpc_queues
                                     : std::max(1, UsableProcessors() / 4);
  g.threads_per_queue = options.grpc_threads_per_queue;
  g.max_message_bytes = options.max_message_bytes;
  g.max_connection_age = ToMono(options.max_connection_age);
  g.work = &lanes;
  InferenceContext context{options.server_name, kServerVersion, manager.get(),
                           &metrics, [this] { return IsReady(); }};
  ASSIGN_OR_RETURN(grpc, GrpcServer::Start(g, std::move(context), Facts()));
  return absl::OkStatus();
}

absl::Status Server::Impl::StartAdmin() {
  AdminServer::Pages pages;
  pages.metrics = &metrics;
  pages.is_ready = [this] { return IsReady(); };
  pages.models = [this] { return manager->Index(); };
  ASSIGN_OR_RETURN(
      admin, AdminServer::Start({options.listen, options.http_port}, pages));
  return absl::OkStatus();
}

void Server::Impl::AddModels(const Found& found) {
  if (found.empty()) LogWarning("no models found in any repository");
  for (const ServableSpec& spec : found) {
    const absl::Status added = manager->Add(spec);
    if (!added.ok()) {
      LogWarning("model passed over", {{"reason", added.message()}});
    }
  }
  if (found.empty()) grpc->SetServing("", IsReady());
}

void Server::Impl::OnStateChange(const ServableReport& report) {
  metrics.SetModelState(report.id.model, report.id.version,
                        std::string(ServableStateName(report.state)));
  if (report.state == ServableState::kError) {
    LogError("model failed to load", {{"model", report.id.model},
                                      {"version", report.id.version},
                                      {"reason", report.status.message()}});
  }
  PublishHealth(report.id.model);
}

void Server::Impl::PublishHealth(const std::string& model) {
  // Load threads come here at the same time. Asking and telling are one step,
  // so that the last thing told is the newest.
  MutexLock lock(&health_mu);
  if (draining) return;
  grpc->SetServing(model, manager->GetHandle(model, {}).ok());
  const bool ready = IsReady();
  grpc->SetServing("", ready);
  if (ready && !was_ready) LogInfo("ready");
  was_ready = ready;
}

bool Server::Impl::IsReady() const {
  if (draining || !manager->IsSettled()) return false;
  if (!options.strict_readiness) return true;
  const auto reports = manager->Index();
  return std::all_of(reports.begin(), reports.end(), [](const auto& report) {
    return report.state == ServableState::kReady;
  });
}

ServerFacts Server::Impl::Facts() const {
  return {options.server_name,
          kServerVersion,
          TorchVersion(),
          lane_count,
          options.threads_per_lane,
          static_cast<int>(options.model_repositories.size()),
          start_time,
          start};
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const ServerOptions& options) {
  const absl::Status cuda = LoadCudaLibraries();
  LogInfo(cuda.ok() ? "CUDA libraries loaded; models run on CPU lanes so far"
                    : "CUDA is not used",
          {{"reason", cuda.ok() ? "" : cuda.message()}});
  InitTorchProcess();
  auto impl = std::make_unique<Impl>(options);
  RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

void Server::Drain() {
  impl_->draining = true;
  LogInfo("draining",
          {{"timeout", absl::FormatDuration(impl_->options.drain_timeout)}});
  impl_->grpc->Drain(Clock::Real()->Now() +
                     ToMono(impl_->options.drain_timeout));
  impl_->manager->UnloadAll();
  LogInfo("stopped");
}

}  // namespace sconce
