// ManagementContext: what all calls of the management service share.
#ifndef SERVER_RPC_MANAGEMENT_CONTEXT_H_
#define SERVER_RPC_MANAGEMENT_CONTEXT_H_

#include <string>

#include "absl/time/time.h"

#include "management/v1/management.grpc.pb.h"
#include "server/base/clock.h"
#include "server/core/manager.h"
#include "server/core/model_control.h"
#include "server/core/state_monitor.h"

namespace sconce {

using AsyncManagementService = management::v1::Management::AsyncService;

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

// Constant after construction; everything in it is thread-safe and borrowed.
// What is null makes the RPCs that need it answer UNIMPLEMENTED.
struct ManagementContext {
  ServerFacts facts;
  const Manager* manager = nullptr;  // never null
  ModelControl* control = nullptr;
  StateMonitor* monitor = nullptr;
};

}  // namespace sconce

#endif  // SERVER_RPC_MANAGEMENT_CONTEXT_H_
