#include "server/server.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"

#include "server/admin/admin_server.h"
#include "server/base/mutex.h"
#include "server/base/processors.h"
#include "server/base/status_macros.h"
#include "server/model_stack.h"
#include "server/rpc/connections.h"
#include "server/rpc/grpc_log.h"
#include "server/rpc/grpc_server.h"
#include "server/rpc/management_server.h"
#include "server/rpc/tls_identity.h"
#include "server/runtime/torch_process.h"
#include "server/telemetry/log.h"
#include "server/version.h"

namespace sconce {
namespace {

// For answers to management calls that are on their way.
constexpr auto kLastAnswers = std::chrono::seconds(1);

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

// Not in order: what a device left undone cannot be waited for.
void ExitAfter(MonoDuration time, int code) {
  std::thread([time, code] {
    std::this_thread::sleep_for(time);
    _exit(code);
  }).detach();
}

}  // namespace

// Members are made from top to bottom and destroyed from bottom to top.
struct Server::Impl {
  Impl(const ServerOptions& o, DeviceBackend* d) : options(o), devices(d) {}

  absl::Status Start();
  absl::Status StartGrpc();
  absl::Status StartManagement();
  absl::Status StartAdmin();
  void LogAddresses() const;
  void PublishHealth(const std::string& model) ABSL_LOCKS_EXCLUDED(health_mu);
  void EndWithDevice(const absl::Status& failure)
      ABSL_LOCKS_EXCLUDED(health_mu);
  bool IsReady() const;
  ServerStatus Status() const;
  ServerFacts Facts() const;

  const ServerOptions options;
  DeviceBackend* const devices;  // null: there are none
  const absl::Time start_time = absl::Now();
  const MonoTime start = Clock::Real()->Now();
  std::atomic<bool> draining = false;
  std::atomic<bool> device_failed = false;

  Mutex health_mu;
  bool was_ready ABSL_GUARDED_BY(health_mu) = false;

  std::unique_ptr<TlsIdentity> tls;  // null: connections are plain
  std::unique_ptr<ModelStack> models;
  std::unique_ptr<GrpcServer> grpc;
  std::unique_ptr<ManagementServer> management;  // null: not served
  std::unique_ptr<AdminServer> admin;
};

absl::Status Server::Impl::Start() {
  WarnIfDrainIsTooShort(options);
  if (!options.tls.empty()) {
    ASSIGN_OR_RETURN(tls, TlsIdentity::Load(options.tls));
  }
  ModelStack::Listeners listeners;
  listeners.on_change = [this](const std::string& m) { PublishHealth(m); };
  listeners.on_device_failure = [this](const absl::Status& failure) {
    EndWithDevice(failure);
  };
  ASSIGN_OR_RETURN(models,
                   ModelStack::Create(options, devices, std::move(listeners)));
  RETURN_IF_ERROR(StartGrpc());
  RETURN_IF_ERROR(StartManagement());
  RETURN_IF_ERROR(StartAdmin());
  LogAddresses();
  models->Start();
  grpc->Accept();
  if (management != nullptr) management->Accept();
  return absl::OkStatus();
}

absl::Status Server::Impl::StartGrpc() {
  GrpcServer::Options g;
  g.host = options.listen;
  g.port = options.grpc_port;
  g.queues = options.grpc_queues > 0 ? options.grpc_queues
                                     : std::max(1, UsableProcessors() / 4);
  g.max_message_bytes = options.max_message_bytes;
  g.max_connection_age = ToMono(options.max_connection_age);
  g.work = models->lanes();
  g.tls = tls.get();
  InferenceContext context{options.server_name,
                           kServerVersion,
                           models->manager(),
                           models->metrics(),
                           [this] { return IsReady(); },
                           models->control()};
  ASSIGN_OR_RETURN(grpc, GrpcServer::Start(g, std::move(context)));
  return absl::OkStatus();
}

absl::Status Server::Impl::StartManagement() {
  if (options.management_host.empty()) return absl::OkStatus();
  ManagementServer::Options m;
  m.host = options.management_host;
  m.port = options.management_port;
  m.max_message_bytes = options.max_message_bytes;
  m.tls = tls.get();
  ASSIGN_OR_RETURN(management, ManagementServer::Start(
                                   m, {Facts(), models->manager(),
                                       models->control(), models->monitor()}));
  return absl::OkStatus();
}

absl::Status Server::Impl::StartAdmin() {
  AdminServer::Pages pages;
  pages.metrics = models->metrics();
  pages.is_ready = [this] { return IsReady(); };
  pages.status = [this] { return Status(); };
  pages.models = [this] { return models->manager()->Index(); };
  pages.repositories = [this] { return models->RepositoryStates(); };
  ASSIGN_OR_RETURN(
      admin, AdminServer::Start({options.listen, options.http_port}, pages));
  return absl::OkStatus();
}

void Server::Impl::LogAddresses() const {
  const std::string management_address =
      management == nullptr
          ? "off"
          : absl::StrCat(options.management_host, ":", management->port());
  LogInfo("listening",
          {{"grpc", absl::StrCat(options.listen, ":", grpc->port())},
           {"http", absl::StrCat(options.listen, ":", admin->port())},
           {"management", management_address},
           {"tls", tls != nullptr},
           {"version", kServerVersion},
           {"libtorch", TorchVersion()},
           {"lanes", models->lanes()->lanes()},
           {"threads_per_lane", options.threads_per_lane}});
}

// "" is the server alone.
void Server::Impl::PublishHealth(const std::string& model) {
  // Load threads come here at the same time. Asking and telling are one step,
  // so that the last thing told is the newest.
  MutexLock lock(&health_mu);
  if (draining) return;
  if (!model.empty()) {
    grpc->SetServing(model, models->manager()->GetHandle(model, {}).ok());
  }
  const bool ready = IsReady();
  grpc->SetServing("", ready);
  if (ready && !was_ready) LogInfo("ready");
  was_ready = ready;
}

// What a failed device computed last may be wrong, and no model on it answers
// again: nobody is to send more, and a supervisor starts the process anew.
void Server::Impl::EndWithDevice(const absl::Status& failure) {
  LogError(
      "a device failed; the server ends",
      {{"reason", failure.message()}, {"exit_code", kDeviceFailedExitCode}});
  device_failed = true;
  ExitAfter(kLastAnswers, kDeviceFailedExitCode);
  MutexLock lock(&health_mu);
  if (grpc != nullptr) grpc->SetFailed();  // null: it has not started
}

bool Server::Impl::IsReady() const {
  return !draining && !device_failed && models->IsReady();
}

ServerStatus Server::Impl::Status() const {
  ServerStatus status = models->Status();
  status.version = kServerVersion;
  status.libtorch = TorchVersion();
  status.ready = IsReady();
  status.connections = CountAcceptedConnections(grpc->port());
  return status;
}

ServerFacts Server::Impl::Facts() const {
  return {options.server_name,
          kServerVersion,
          TorchVersion(),
          models->lanes()->lanes(),
          options.threads_per_lane,
          static_cast<int>(options.model_repositories.size()),
          start_time,
          start};
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const ServerOptions& options) {
  ASSIGN_OR_RETURN(DeviceBackend* const devices, FindDevices(options.device));
  InitTorchProcess();
  TakeGrpcLog();
  auto impl = std::make_unique<Impl>(options, devices);
  RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

void Server::Drain() {
  impl_->draining = true;
  LogInfo("draining",
          {{"timeout", absl::FormatDuration(impl_->options.drain_timeout)}});
  impl_->models->StopLoads();
  impl_->grpc->Drain(Clock::Real()->Now() +
                     ToMono(impl_->options.drain_timeout));
  if (impl_->management != nullptr) {
    impl_->management->Drain(Clock::Real()->Now() + kLastAnswers);
  }
  const std::vector<std::string> busy = impl_->models->Release();
  if (!busy.empty()) {
    LogWarning("work in flight is abandoned",
               {{"models", absl::StrJoin(busy, ", ")}});
  }
  LogInfo("stopped");
}

}  // namespace sconce
