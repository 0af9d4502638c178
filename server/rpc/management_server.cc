#include "server/rpc/management_server.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/base/status_macros.h"

namespace sconce {
namespace {

enum Queue : size_t { kCalls, kUploads, kQueues };

// A call that takes a while (a large model's description) holds up no other.
constexpr int kThreadsPerQueue = 2;

// No drain is meant to last longer; keeps sums of times in range.
constexpr MonoDuration kLongestGrace = std::chrono::hours(24);

GrpcPort::Options PortOptions(const ManagementServer::Options& options) {
  GrpcPort::Options p;
  p.host = options.host;
  p.port = options.port;
  p.queues = kQueues;
  p.threads_per_queue = kThreadsPerQueue;
  p.thread_name = "manage";
  p.parks_when_idle = true;
  p.max_message_bytes = options.max_message_bytes;
  p.tls = options.tls;
  return p;
}

}  // namespace

ManagementServer::ManagementServer(ManagementContext context)
    : management_(std::move(context)),
      reflection_({"sconce.management.v1.Management",
                   "grpc.reflection.v1alpha.ServerReflection"}) {}

absl::StatusOr<std::unique_ptr<ManagementServer>> ManagementServer::Start(
    const Options& options, ManagementContext context) {
  std::unique_ptr<ManagementServer> made(
      new ManagementServer(std::move(context)));
  ManagementServer* const server = made.get();
  ASSIGN_OR_RETURN(
      server->port_,
      GrpcPort::Open(PortOptions(options), {server->management_.service(),
                                            server->reflection_.service()}));
  server->port_->Serve([server](size_t index, CallQueue* queue) {
    if (index == kUploads) return server->management_.ServeUploads(queue);
    server->management_.Serve(queue);
    server->reflection_.Serve(queue);
  });
  return made;
}

void ManagementServer::Drain(MonoTime deadline) {
  port_->Close();
  management_.EndStreams();
  const MonoDuration left = deadline - Clock::Real()->Now();
  port_->ShutDown(std::clamp(left, MonoDuration::zero(), kLongestGrace));
}

}  // namespace sconce
