// HealthService: grpc.health.v1 on completion queues.
#ifndef SERVER_RPC_HEALTH_SERVICE_H_
#define SERVER_RPC_HEALTH_SERVICE_H_

#include <grpcpp/impl/codegen/service_type.h>

#include "server/rpc/call_queue.h"
#include "server/rpc/health_states.h"
#include "server/rpc/watch_call.h"

namespace sconce {

// Outlives the server it is registered with.
class HealthService {
 public:
  grpc::Service* service() { return &service_; }
  HealthStates* states() { return &states_; }

  // Lets requests arrive on `queue`. Call after the server started, once for
  // each queue.
  void Serve(CallQueue* queue);

 private:
  AsyncHealthService service_;
  HealthStates states_;
};

}  // namespace sconce

#endif  // SERVER_RPC_HEALTH_SERVICE_H_
