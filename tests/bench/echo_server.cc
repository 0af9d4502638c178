#include "tests/bench/echo_server.h"

#include <optional>
#include <thread>
#include <utility>

namespace sconce::bench {
namespace {

grpc::ByteBuffer Gathered(const grpc::ByteBuffer& message) {
  grpc::Slice whole;
  message.DumpToSingleSlice(&whole);
  return grpc::ByteBuffer(&whole, 1);
}

grpc::ByteBuffer Written(const google::protobuf::MessageLite& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return {&slice, 1};
}

grpc::ByteBuffer Server() {
  inference::ServerMetadataResponse server;
  server.set_name("echo");
  return Written(server);
}

grpc::ByteBuffer Model() {
  inference::ModelMetadataResponse model;
  model.set_name("echo");
  model.add_versions("1");
  auto* const input = model.add_inputs();
  input->set_name("x");
  input->set_datatype("FP32");
  input->add_shape(-1);
  return Written(model);
}

}  // namespace

// One slot: waits for a request, answers it, waits again.
class EchoServer::Call {
 public:
  // Asks gRPC for the next request of the call's method.
  using Ask = void (*)(Call*);

  // Answers with `answer`; none: with the request.
  Call(EchoServer* server, grpc::ServerCompletionQueue* queue, Ask ask,
       std::optional<grpc::ByteBuffer> answer = std::nullopt)
      : server_(server), queue_(queue), ask_(ask), answer_(std::move(answer)) {
    Await();
  }

  // An Ask for a method, whose generated Request… function is given.
  template <auto kRequest>
  static void AskFor(Call* call) {
    (call->server_->service_.*kRequest)(&*call->context_, &call->request_,
                                        &*call->responder_, call->queue_,
                                        call->queue_, call);
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
    ask_(this);
  }

  void Answer() {
    awaiting_ = false;
    responder_->Finish(Response(), grpc::Status::OK, this);
  }

  grpc::ByteBuffer Response() const {
    if (answer_) return *answer_;
    return server_->options_.gather ? Gathered(request_) : request_;
  }

  EchoServer* const server_;
  grpc::ServerCompletionQueue* const queue_;
  const Ask ask_;
  const std::optional<grpc::ByteBuffer> answer_;
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
  const auto add = [&](Call::Ask ask, auto... answer) {
    calls.push_back(std::make_unique<Call>(this, queue, ask, answer...));
  };
  for (int i = 0; i < options_.slots; ++i) {
    add(&Call::AskFor<&Service::RequestModelInfer>);
  }
  add(&Call::AskFor<&Service::RequestServerMetadata>, Server());
  add(&Call::AskFor<&Service::RequestModelMetadata>, Model());
  add(&Call::AskFor<&Service::RequestModelConfig>,
      Written(inference::ModelConfigResponse()));
  void* tag;
  bool ok;
  while (queue->Next(&tag, &ok)) static_cast<Call*>(tag)->Proceed(ok);
}

}  // namespace sconce::bench
