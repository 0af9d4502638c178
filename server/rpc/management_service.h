// ManagementService: sconce.management.v1 on completion queues.
#ifndef SERVER_RPC_MANAGEMENT_SERVICE_H_
#define SERVER_RPC_MANAGEMENT_SERVICE_H_

#include <grpcpp/impl/codegen/service_type.h>

#include <string>
#include <utility>

#include "absl/time/time.h"

#include "management/v1/management.grpc.pb.h"
#include "server/base/clock.h"
#include "server/core/manager.h"
#include "server/rpc/call_queue.h"

namespace sconce {

// What ServerInfo tells; constant while the server runs.
struct ServerFacts {
  std::string name;
  std::string version;
  std::string libtorch_version;
  int lanes = 0;
  int threads_per_lane = 0;
  int model_repositories = 0;
  absl::Time start_time;
  MonoTime start;
};

// Outlives the server it is registered with.
class ManagementService {
 public:
  // `manager` is borrowed and outlives it.
  ManagementService(ServerFacts facts, const Manager* manager)
      : facts_(std::move(facts)), manager_(manager) {}

  grpc::Service* service() { return &service_; }

  // Lets requests arrive on `queue`. Call after the server started, once for
  // each queue.
  void Serve(CallQueue* queue);

 private:
  const ServerFacts facts_;
  const Manager* const manager_;
  management::v1::Management::AsyncService service_;
};

}  // namespace sconce

#endif  // SERVER_RPC_MANAGEMENT_SERVICE_H_
