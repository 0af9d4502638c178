#include "server/rpc/reflection_service.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include "server/rpc/call_tag.h"
#include "server/rpc/reflection_answers.h"

namespace sconce {
namespace {

using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;
using AsyncService = grpc::reflection::v1alpha::ServerReflection::AsyncService;

// One stream: reads a request, writes its answer, reads the next. One
// operation is under way at any time, so one tag does. Owns itself.
class ReflectionCall : public CallTag, private CountedCall {
 public:
  static void Post(AsyncService* service,
                   const std::vector<std::string>* services, CallQueue* queue) {
    auto* call = new ReflectionCall(service, services, queue);
    service->RequestServerReflectionInfo(&call->context_, &call->stream_,
                                         queue->get(), queue->get(), call);
  }

  void OnEvent(bool ok) override {
    switch (step_) {
      case Step::kWaiting:
        if (!ok) break;
        Post(service_, services_, call_queue());
        return Read();
      case Step::kReading:
        return ok ? Write() : Finish();
      case Step::kWriting:
        return ok ? Read() : Finish();
      case Step::kFinishing:
        break;
    }
    delete this;
  }

 private:
  enum class Step { kWaiting, kReading, kWriting, kFinishing };

  ReflectionCall(AsyncService* service,
                 const std::vector<std::string>* services, CallQueue* queue)
      : CountedCall(queue), service_(service), services_(services) {}

  void Read() {
    step_ = Step::kReading;
    stream_.Read(&request_, this);
  }

  void Write() {
    step_ = Step::kWriting;
    stream_.Write(AnswerReflection(request_, *services_), this);
  }

  void Finish() {
    step_ = Step::kFinishing;
    stream_.Finish(grpc::Status::OK, this);
  }

  AsyncService* const service_;
  const std::vector<std::string>* const services_;
  grpc::ServerContext context_;
  ServerReflectionRequest request_;
  grpc::ServerAsyncReaderWriter<ServerReflectionResponse,
                                ServerReflectionRequest>
      stream_{&context_};
  Step step_ = Step::kWaiting;
};

}  // namespace

void ReflectionService::Serve(CallQueue* queue) {
  ReflectionCall::Post(&service_, &services_, queue);
}

}  // namespace sconce
