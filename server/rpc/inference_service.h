// InferenceService: the Open Inference Protocol on completion queues.
#ifndef SERVER_RPC_INFERENCE_SERVICE_H_
#define SERVER_RPC_INFERENCE_SERVICE_H_

#include <grpcpp/impl/codegen/service_type.h>

#include <utility>

#include "server/rpc/call_queue.h"
#include "server/rpc/inference_context.h"
#include "server/rpc/open_streams.h"

namespace sconce {

// Registers the service and posts the calls that wait for requests. RPCs that
// are not served answer UNIMPLEMENTED with a sentence. Outlives the server it
// is registered with.
class InferenceService {
 public:
  explicit InferenceService(InferenceContext context)
      : context_(std::move(context)) {}

  grpc::Service* service() { return &service_; }

  // Lets requests arrive on `queue`. Call after the server started, once for
  // each queue.
  void Serve(CallQueue* queue);

  // Ends the streams as soon as what they received is answered, those that
  // come later too. Does not wait. For a drain; thread-safe.
  void EndStreams() { streams_.Drain(); }

 private:
  void ServeReports(CallQueue* queue);
  void ServeControl(CallQueue* queue);
  void ServeUnimplemented(CallQueue* queue);

  const InferenceContext context_;
  AsyncInferenceService service_;
  OpenStreams streams_;
};

}  // namespace sconce

#endif  // SERVER_RPC_INFERENCE_SERVICE_H_
