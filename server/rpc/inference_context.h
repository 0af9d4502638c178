// InferenceContext: what all calls of the inference service share.
#ifndef SERVER_RPC_INFERENCE_CONTEXT_H_
#define SERVER_RPC_INFERENCE_CONTEXT_H_

#include <functional>
#include <string>

#include "inference/grpc_service.grpc.pb.h"
#include "server/core/manager.h"
#include "server/core/model_control.h"
#include "server/telemetry/metrics.h"

namespace sconce {

// Tensors come and go as raw bytes, so that they are not copied through
// protobuf; the other methods are ordinary protobuf.
using AsyncInferenceService =
    inference::GRPCInferenceService::WithRawMethod_ModelInfer<
        inference::GRPCInferenceService::WithRawMethod_ModelStreamInfer<
            inference::GRPCInferenceService::AsyncService>>;

// Constant after construction; everything in it is thread-safe.
struct InferenceContext {
  std::string server_name;
  std::string server_version;
  Manager* manager = nullptr;        // borrowed
  ServerMetrics* metrics = nullptr;  // borrowed
  std::function<bool()> is_ready;    // whether the server wants traffic
  // Borrowed; null: models cannot be loaded or unloaded by RPC.
  ModelControl* control = nullptr;
};

}  // namespace sconce

#endif  // SERVER_RPC_INFERENCE_CONTEXT_H_
