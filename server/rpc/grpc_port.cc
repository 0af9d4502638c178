#include "server/rpc/grpc_port.h"

#include <grpcpp/security/server_credentials.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "absl/strings/str_cat.h"

#include "server/base/notification.h"
#include "server/base/status_macros.h"
#include "server/rpc/call_tag.h"
#include "server/rpc/connections.h"
#include "server/rpc/tls_credentials.h"

namespace sconce {
namespace {

// How often a drain asks the kernel for connections; there is no event.
constexpr auto kConnectionCheck = std::chrono::milliseconds(20);

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

void Configure(const GrpcPort::Keepalive& keepalive,
               grpc::ServerBuilder* builder) {
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS,
                              Milliseconds(keepalive.idle));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                              Milliseconds(keepalive.patience));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      Milliseconds(keepalive.least_client_period));
}

void Configure(const GrpcPort::Options& options, grpc::ServerBuilder* builder) {
  Configure(options.keepalive, builder);
  builder->SetMaxReceiveMessageSize(MessageLimit(options.max_message_bytes));
  builder->SetMaxSendMessageSize(-1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kMaxFrameBytes);
  if (options.max_connection_age > MonoDuration::zero()) {
    builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                                Milliseconds(options.max_connection_age));
  }
}

std::shared_ptr<grpc::ServerCredentials> CredentialsOf(
    const GrpcPort::Options& options) {
  if (options.tls == nullptr) return grpc::InsecureServerCredentials();
  return std::make_shared<TlsCredentials>(options.tls);
}

// As many events as are ready, but not without end.
constexpr int kMostReadyEvents = 64;

// Without an event for so long, a thread that may rest looks whether it can.
// That takes the kernel up to 10 ms, which lists the machine's connections.
constexpr auto kRestAfter = std::chrono::seconds(10);

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

void ServeAndWork(grpc::ServerCompletionQueue* queue, RunToCompletion* work) {
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

GrpcPort::GrpcPort(const Options& options)
    : options_(options),
      park_([this] { return CountConnections(listener_->port()); }) {}

absl::StatusOr<std::unique_ptr<GrpcPort>> GrpcPort::Open(
    const Options& options, const std::vector<grpc::Service*>& services) {
  std::unique_ptr<GrpcPort> port(new GrpcPort(options));
  ASSIGN_OR_RETURN(port->listener_,
                   TcpListener::Bind(options.host, options.port));
  RETURN_IF_ERROR(port->Build(services));
  return port;
}

absl::Status GrpcPort::Build(const std::vector<grpc::Service*>& services) {
  grpc::ServerBuilder builder;
  Configure(options_, &builder);
  credentials_ = CredentialsOf(options_);
  for (grpc::Service* service : services) builder.RegisterService(service);
  acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      credentials_);
  for (int i = 0; i < options_.queues; ++i) {
    queues_.push_back(
        std::make_unique<CallQueue>(builder.AddCompletionQueue()));
  }
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return absl::InternalError("gRPC did not start");
  return absl::OkStatus();
}

void GrpcPort::Serve(const std::function<void(size_t, CallQueue*)>& serve) {
  for (size_t i = 0; i < queues_.size(); ++i) {
    CallQueue* const queue = queues_[i].get();
    serve(i, queue);
    for (int j = 0; j < options_.threads_per_queue; ++j) {
      threads_.emplace_back(absl::StrCat(options_.thread_name, "-", i, "-", j),
                            [this, queue] { ServeQueue(queue->get()); });
    }
  }
}

void GrpcPort::ServeQueue(grpc::ServerCompletionQueue* queue) {
  if (options_.parks_when_idle) return ServeWithRests(queue);
  ServeAndWork(queue, options_.work);
}

void GrpcPort::ServeWithRests(grpc::ServerCompletionQueue* queue) {
  void* tag = nullptr;
  bool ok = false;
  for (;;) {
    park_.Wait();
    auto next = grpc::CompletionQueue::GOT_EVENT;
    while (next == grpc::CompletionQueue::GOT_EVENT) {
      const auto limit = std::chrono::system_clock::now() + kRestAfter;
      next = queue->AsyncNext(&tag, &ok, limit);
      if (next == grpc::CompletionQueue::GOT_EVENT) Deliver(tag, ok);
    }
    if (next == grpc::CompletionQueue::SHUTDOWN) return;
  }
}

void GrpcPort::Accept() {
  listener_->Start(
      absl::StrCat(options_.thread_name, "-accept"), [this](int socket) {
        park_.OnConnection();
        grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
            connection;
        connection.fd = socket;
        acceptor_->HandleNewConnection(&connection);
      });
}

void GrpcPort::WaitForConnections(MonoTime deadline) const {
  Notification never;
  while (CountConnections(listener_->port()) > 0 &&
         Clock::Real()->Now() < deadline) {
    never.WaitUntil(
        std::min(deadline, Clock::Real()->Now() + kConnectionCheck));
  }
}

void GrpcPort::ShutDown(MonoDuration grace) {
  if (server_ == nullptr) return;
  listener_->Close();
  park_.Open();
  server_->Shutdown(
      std::chrono::system_clock::now() +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(grace));
  for (const auto& queue : queues_) queue->Shutdown();
  threads_.clear();
  server_.reset();
}

GrpcPort::~GrpcPort() { ShutDown(std::chrono::seconds(1)); }

}  // namespace sconce
