#include "server/rpc/grpc_server.h"

#include <grpcpp/security/server_credentials.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/rpc/call_tag.h"
#include "server/rpc/connections.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

// gRPC spreads the ages by 10 % in both directions.
constexpr double kAgeSpread = 1.1;

// How often the drain asks the kernel for connections; there is no event.
constexpr auto kConnectionCheck = std::chrono::milliseconds(20);

// For calls that are still in flight when the drain's time is over.
constexpr auto kLastCalls = std::chrono::seconds(1);

// Fewer, larger frames for tensors; gRPC's default of 16 KiB costs a header
// and a pass through the writer each.
constexpr int kMaxFrameBytes = 1 << 20;

int Milliseconds(MonoDuration d) {
  return static_cast<int>(
      std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
}

int MessageLimit(int64_t bytes) {
  return static_cast<int>(
      std::min<int64_t>(bytes, std::numeric_limits<int>::max()));
}

void Configure(const GrpcServer::Options& options,
               grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(MessageLimit(options.max_message_bytes));
  builder->SetMaxSendMessageSize(-1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kMaxFrameBytes);
  if (options.max_connection_age > MonoDuration::zero()) {
    builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                                Milliseconds(options.max_connection_age));
  }
}

// As many events as are ready, but not without end.
constexpr int kMostReadyEvents = 64;

void Deliver(void* tag, bool ok) { static_cast<CallTag*>(tag)->OnEvent(ok); }

void ServeReady(grpc::ServerCompletionQueue* queue) {
  void* tag = nullptr;
  bool ok = false;
  for (int i = 0; i < kMostReadyEvents; ++i) {
    if (queue->AsyncNext(&tag, &ok, gpr_inf_past(GPR_CLOCK_MONOTONIC)) !=
        grpc::CompletionQueue::GOT_EVENT) {
      return;
    }
    Deliver(tag, ok);
  }
}

void ServeQueue(grpc::ServerCompletionQueue* queue, RunToCompletion* work) {
  if (work != nullptr) work->JoinThread();
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) {
    Deliver(tag, ok);
    if (work == nullptr || !work->HasWork()) continue;
    ServeReady(queue);
    work->RunWork();
  }
}

}  // namespace

// All services are asynchronous and share our queues. gRPC's own health service
// brings threads that poll the same sockets, so that an event may wake one of
// them first: with it and gRPC's reflection three times as many context
// switches were counted for a request (doc/adr/0005).
GrpcServer::GrpcServer(const Options& options)
    : options_(options),
      reflection_({"inference.GRPCInferenceService",
                   "sconce.management.v1.Management", "grpc.health.v1.Health",
                   "grpc.reflection.v1alpha.ServerReflection"}) {}

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const Options& options, InferenceContext context, ServerFacts facts) {
  std::unique_ptr<GrpcServer> server(new GrpcServer(options));
  ASSIGN_OR_RETURN(server->listener_,
                   TcpListener::Bind(options.host, options.port));
  RETURN_IF_ERROR(server->Build(std::move(context), std::move(facts)));
  server->StartThreads();
  return server;
}

absl::Status GrpcServer::Build(InferenceContext context, ServerFacts facts) {
  management_ =
      std::make_unique<ManagementService>(std::move(facts), context.manager);
  inference_ = std::make_unique<InferenceService>(std::move(context));

  grpc::ServerBuilder builder;
  Configure(options_, &builder);
  builder.RegisterService(inference_->service());
  builder.RegisterService(management_->service());
  builder.RegisterService(health_.service());
  builder.RegisterService(reflection_.service());
  acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  for (int i = 0; i < options_.queues; ++i) {
    queues_.push_back(
        std::make_unique<CallQueue>(builder.AddCompletionQueue()));
  }
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return absl::InternalError("gRPC did not start");
  return absl::OkStatus();
}

void GrpcServer::StartThreads() {
  for (size_t i = 0; i < queues_.size(); ++i) {
    CallQueue* const queue = queues_[i].get();
    inference_->Serve(queue);
    management_->Serve(queue);
    health_.Serve(queue);
    reflection_.Serve(queue);
    for (int j = 0; j < options_.threads_per_queue; ++j) {
      threads_.emplace_back(absl::StrCat("grpc-", i, "-", j), [this, queue] {
        ServeQueue(queue->get(), options_.work);
      });
    }
  }
}

GrpcServer::~GrpcServer() {
  if (server_ != nullptr) ShutDown();
}

void GrpcServer::Accept() {
  listener_->Start([this](int socket) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
        connection;
    connection.fd = socket;
    acceptor_->HandleNewConnection(&connection);
  });
}

void GrpcServer::SetServing(const std::string& service, bool serving) {
  health_.states()->Set(service, serving);
}

void GrpcServer::Drain(MonoTime deadline) {
  health_.states()->Shutdown();
  const MonoTime all_told =
      Clock::Real()->Now() + std::chrono::duration_cast<MonoDuration>(
                                 kAgeSpread * options_.max_connection_age);
  WaitForConnections(std::min(deadline, all_told));
  listener_->Close();
  inference_->EndStreams();
  WaitForConnections(deadline);
  ShutDown();
}

void GrpcServer::WaitForConnections(MonoTime deadline) {
  Notification never;
  while (CountConnections(listener_->port()) > 0 &&
         Clock::Real()->Now() < deadline) {
    never.WaitUntil(
        std::min(deadline, Clock::Real()->Now() + kConnectionCheck));
  }
}

void GrpcServer::ShutDown() {
  listener_->Close();
  server_->Shutdown(std::chrono::system_clock::now() + kLastCalls);
  for (const auto& queue : queues_) queue->Shutdown();
  threads_.clear();
  server_.reset();
}

}  // namespace sconce
