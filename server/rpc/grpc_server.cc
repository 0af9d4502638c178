#include "server/rpc/grpc_server.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/base/status_macros.h"

namespace sconce {
namespace {

// gRPC spreads the ages by 10 % in both directions.
constexpr double kAgeSpread = 1.1;

// For calls that are still in flight when the drain's time is over.
constexpr auto kLastCalls = std::chrono::seconds(1);

GrpcPort::Options PortOptions(const GrpcServer::Options& options) {
  GrpcPort::Options p;
  p.host = options.host;
  p.port = options.port;
  p.queues = options.queues;
  p.threads_per_queue = options.threads_per_queue;
  p.max_message_bytes = options.max_message_bytes;
  p.max_connection_age = options.max_connection_age;
  p.work = options.work;
  p.tls = options.tls;
  return p;
}

}  // namespace

// All services are asynchronous and share our queues. gRPC's own health service
// brings threads that poll the same sockets, so that an event may wake one of
// them first: with it and gRPC's reflection three times as many context
// switches were counted for a request (doc/adr/0005).
GrpcServer::GrpcServer(const Options& options, InferenceContext context)
    : max_connection_age_(options.max_connection_age),
      inference_(std::move(context)),
      reflection_({"inference.GRPCInferenceService", "grpc.health.v1.Health",
                   "grpc.reflection.v1alpha.ServerReflection"}) {}

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const Options& options, InferenceContext context) {
  std::unique_ptr<GrpcServer> made(new GrpcServer(options, std::move(context)));
  GrpcServer* const server = made.get();
  ASSIGN_OR_RETURN(
      server->port_,
      GrpcPort::Open(PortOptions(options),
                     {server->inference_.service(), server->health_.service(),
                      server->reflection_.service()}));
  server->port_->Serve([server](size_t, CallQueue* queue) {
    server->inference_.Serve(queue);
    server->health_.Serve(queue);
    server->reflection_.Serve(queue);
  });
  return made;
}

void GrpcServer::SetServing(const std::string& service, bool serving) {
  health_.states()->Set(service, serving);
}

void GrpcServer::Drain(MonoTime deadline) {
  health_.states()->Shutdown();
  const MonoTime all_told =
      Clock::Real()->Now() + std::chrono::duration_cast<MonoDuration>(
                                 kAgeSpread * max_connection_age_);
  port_->WaitForConnections(std::min(deadline, all_told));
  port_->Close();
  inference_.EndStreams();
  port_->WaitForConnections(deadline);
  port_->ShutDown(kLastCalls);
}

}  // namespace sconce
