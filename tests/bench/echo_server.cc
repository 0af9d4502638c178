#include "tests/bench/echo_server.h"

#include <optional>
#include <thread>

namespace sconce::bench {
namespace {

grpc::ByteBuffer Gathered(const grpc::ByteBuffer& message) {
  grpc::Slice whole;
  message.DumpToSingleSlice(&whole);
  return grpc::ByteBuffer(&whole, 1);
}

}  // namespace

// One slot: waits for a request, answers it, waits again.
class EchoServer::Call {
 public:
  Call(EchoServer* server, grpc::ServerCompletionQueue* queue)
      : server_(server), queue_(queue) {
    Await();
  }

  // The queue reports each step of a call once, in order.
  void Proceed(bool ok) {
    if (awaiting_ && ok) {
      Answer();
    } else {
      Await();
    }
  }

 private:
  void Await() {
    awaiting_ = true;
    request_.Clear();
    context_.emplace();
    responder_.emplace(&*context_);
    server_->service_.RequestModelInfer(&*context_, &request_, &*responder_,
                                        queue_, queue_, this);
  }

  void Answer() {
    awaiting_ = false;
    responder_->Finish(server_->options_.gather ? Gathered(request_) : request_,
                       grpc::Status::OK, this);
  }

  EchoServer* const server_;
  grpc::ServerCompletionQueue* const queue_;
  bool awaiting_ = true;
  grpc::ByteBuffer request_;
  // A call's context and responder serve one call only.
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>> responder_;
};

EchoServer::EchoServer(const EchoOptions& options) : options_(options) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options.listen + ":" + std::to_string(options.port),
                           grpc::InsecureServerCredentials(), &port_);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(-1);
  builder.RegisterService(&service_);
  for (int i = 0; i < options.queues; ++i) {
    queues_.push_back(builder.AddCompletionQueue());
  }
  server_ = builder.BuildAndStart();
}

EchoServer::~EchoServer() = default;

void EchoServer::Serve() {
  std::vector<std::thread> threads;
  for (const auto& queue : queues_) {
    threads.emplace_back([this, &queue] { ServeQueue(queue.get()); });
  }
  for (std::thread& thread : threads) thread.join();
}

void EchoServer::ServeQueue(grpc::ServerCompletionQueue* queue) {
  std::vector<std::unique_ptr<Call>> calls;
  for (int i = 0; i < options_.slots; ++i) {
    calls.push_back(std::make_unique<Call>(this, queue));
  }
  void* tag;
  bool ok;
  while (queue->Next(&tag, &ok)) static_cast<Call*>(tag)->Proceed(ok);
}

}  // namespace sconce::bench
