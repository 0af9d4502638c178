// ReflectionService: grpc.reflection.v1alpha on completion queues.
#ifndef SERVER_RPC_REFLECTION_SERVICE_H_
#define SERVER_RPC_REFLECTION_SERVICE_H_

#include <grpcpp/impl/codegen/service_type.h>

#include <string>
#include <utility>
#include <vector>

#include "reflection/v1alpha/reflection.grpc.pb.h"
#include "server/rpc/call_queue.h"

namespace sconce {

// Outlives the server it is registered with.
class ReflectionService {
 public:
  // `services`: the full names to list.
  explicit ReflectionService(std::vector<std::string> services)
      : services_(std::move(services)) {}

  grpc::Service* service() { return &service_; }

  // Lets requests arrive on `queue`. Call after the server started, once for
  // each queue.
  void Serve(CallQueue* queue);

 private:
  const std::vector<std::string> services_;
  grpc::reflection::v1alpha::ServerReflection::AsyncService service_;
};

}  // namespace sconce

#endif  // SERVER_RPC_REFLECTION_SERVICE_H_
