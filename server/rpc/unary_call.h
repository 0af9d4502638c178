// UnaryCall: one call of an RPC that is answered at once.
#ifndef SERVER_RPC_UNARY_CALL_H_
#define SERVER_RPC_UNARY_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"

#include "server/rpc/call_queue.h"
#include "server/rpc/call_status.h"
#include "server/rpc/call_tag.h"

namespace sconce {

// What stays the same for all calls of one RPC. Thread-safe handlers.
template <typename Request, typename Response>
struct UnaryMethod {
  using Responder = grpc::ServerAsyncResponseWriter<Response>;

  // Asks gRPC for the next call (the generated Request… method).
  std::function<void(grpc::ServerContext*, Request*, Responder*,
                     grpc::ServerCompletionQueue*, void* tag)>
      request;
  // Answers it without blocking, on the completion queue's thread.
  std::function<absl::Status(const Request&, Response*)> handle;
};

// Owns itself: waits for a call, answers it, lets the next one wait, and
// deletes itself when gRPC is done with it.
template <typename Request, typename Response>
class UnaryCall : public CallTag, private CountedCall {
 public:
  using Method = std::shared_ptr<const UnaryMethod<Request, Response>>;

  static void Post(Method method, CallQueue* queue) {
    auto* call = new UnaryCall(std::move(method), queue);
    call->method_->request(&call->context_, &call->request_, &call->responder_,
                           queue->get(), call);
  }

  void OnEvent(bool ok) override {
    if (!ok || finishing_) {  // shutting down, or answered
      delete this;
      return;
    }
    Post(method_, call_queue());
    finishing_ = true;
    const absl::Status status = method_->handle(request_, &response_);
    responder_.Finish(response_, ToGrpcStatus(status), this);
  }

 private:
  UnaryCall(Method method, CallQueue* queue)
      : CountedCall(queue), method_(std::move(method)), responder_(&context_) {}

  const Method method_;
  grpc::ServerContext context_;
  Request request_;
  Response response_;
  grpc::ServerAsyncResponseWriter<Response> responder_;
  bool finishing_ = false;
};

// Posts one call of the RPC that the member function `request` of a generated
// service waits for. It belongs to one of the layers (Base) that make it up.
template <typename Service, typename Base, typename Request, typename Response,
          typename Handler>
void PostUnary(Service* service, CallQueue* queue,
               void (Base::*request)(grpc::ServerContext*, Request*,
                                     grpc::ServerAsyncResponseWriter<Response>*,
                                     grpc::CompletionQueue*,
                                     grpc::ServerCompletionQueue*, void*),
               Handler handle) {
  auto method = std::make_shared<UnaryMethod<Request, Response>>();
  method->request = [service, request](auto* context, auto* message,
                                       auto* responder, auto* q, void* tag) {
    (service->*request)(context, message, responder, q, q, tag);
  };
  method->handle = std::move(handle);
  UnaryCall<Request, Response>::Post(std::move(method), queue);
}

}  // namespace sconce

#endif  // SERVER_RPC_UNARY_CALL_H_
