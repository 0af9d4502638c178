// DeferredCall: one call of an RPC that is answered later, on any thread.
#ifndef SERVER_RPC_DEFERRED_CALL_H_
#define SERVER_RPC_DEFERRED_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"

#include "server/rpc/answer_once.h"
#include "server/rpc/call_queue.h"
#include "server/rpc/call_status.h"
#include "server/rpc/call_tag.h"

namespace sconce {

using DeferredDone = std::function<void(absl::Status)>;

// What stays the same for all calls of one RPC. Thread-safe handlers.
template <typename Request, typename Response>
struct DeferredMethod {
  using Responder = grpc::ServerAsyncResponseWriter<Response>;

  // Asks gRPC for the next call (the generated Request… method).
  std::function<void(grpc::ServerContext*, Request*, Responder*,
                     grpc::ServerCompletionQueue*, void* tag)>
      request;
  // Begins to answer without blocking, on the completion queue's thread.
  // `done` may be called on any thread, also before this returns; request and
  // response live until both happened, even when the client is gone. What was
  // not answered when the last copy of `done` is gone fails with INTERNAL.
  std::function<void(Request*, Response*, DeferredDone done)> handle;
};

// Owns itself: waits for a call, lets the next one wait, answers when the
// handler returned and was done, and deletes itself when gRPC is done with it.
// A client that goes away changes nothing: the answer is lost then.
template <typename Request, typename Response>
class DeferredCall : private CountedCall {
 public:
  using Method = std::shared_ptr<const DeferredMethod<Request, Response>>;

  static void Post(Method method, CallQueue* queue) {
    auto* call = new DeferredCall(std::move(method), queue);
    call->method_->request(&call->context_, &call->request_, &call->responder_,
                           queue->get(), &call->received_tag_);
  }

 private:
  DeferredCall(Method method, CallQueue* queue)
      : CountedCall(queue), method_(std::move(method)), responder_(&context_) {}
  ~DeferredCall() override = default;

  void OnReceived(bool ok) {
    if (!ok) {  // shutting down; no call began
      delete this;
      return;
    }
    Post(method_, call_queue());
    method_->handle(&request_, &response_,
                    AnswerOnce<absl::Status>::Wrap([this](absl::Status status) {
                      status_ = std::move(status);
                      FinishWhenLast();
                    }));
    FinishWhenLast();
  }

  void FinishWhenLast() {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
    // The queue's thread may delete the call before this returns.
    responder_.Finish(response_, ToGrpcStatus(status_), &finished_tag_);
  }

  void OnFinished(bool) { delete this; }

  const Method method_;
  MemberTag<DeferredCall, &DeferredCall::OnReceived> received_tag_{this};
  MemberTag<DeferredCall, &DeferredCall::OnFinished> finished_tag_{this};
  grpc::ServerContext context_;
  Request request_;
  Response response_;
  grpc::ServerAsyncResponseWriter<Response> responder_;
  absl::Status status_;
  std::atomic<int> left_ = 2;  // the handler's return, and done
};

// Posts one call of the RPC that the member function `request` of a generated
// service waits for. It belongs to one of the layers (Base) that make it up.
template <typename Service, typename Base, typename Request, typename Response,
          typename Handler>
void PostDeferred(
    Service* service, CallQueue* queue,
    void (Base::*request)(grpc::ServerContext*, Request*,
                          grpc::ServerAsyncResponseWriter<Response>*,
                          grpc::CompletionQueue*, grpc::ServerCompletionQueue*,
                          void*),
    Handler handle) {
  auto method = std::make_shared<DeferredMethod<Request, Response>>();
  method->request = [service, request](auto* context, auto* message,
                                       auto* responder, auto* q, void* tag) {
    (service->*request)(context, message, responder, q, q, tag);
  };
  method->handle = std::move(handle);
  DeferredCall<Request, Response>::Post(std::move(method), queue);
}

}  // namespace sconce

#endif  // SERVER_RPC_DEFERRED_CALL_H_
