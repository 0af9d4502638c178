// ManagementService: sconce.management.v1 on completion queues.
#ifndef SERVER_RPC_MANAGEMENT_SERVICE_H_
#define SERVER_RPC_MANAGEMENT_SERVICE_H_

#include <grpcpp/impl/codegen/service_type.h>

#include <utility>

#include "server/rpc/call_queue.h"
#include "server/rpc/management_context.h"
#include "server/rpc/open_streams.h"

namespace sconce {

// Registers the service and posts the calls that wait for requests. Outlives
// the server it is registered with.
class ManagementService {
 public:
  explicit ManagementService(ManagementContext context)
      : context_(std::move(context)) {}

  grpc::Service* service() { return &service_; }

  // Lets requests that block on nothing arrive on `queue`. Call after the
  // server started, once for each such queue.
  void Serve(CallQueue* queue);

  // The same for those that read and write the disk: uploads.
  void ServeUploads(CallQueue* queue);

  // Ends WatchModels with UNAVAILABLE, those that come later too. Does not
  // wait. Thread-safe.
  void EndStreams() { streams_.Drain(); }

 private:
  void ServeReports(CallQueue* queue);
  void ServeChanges(CallQueue* queue);

  const ManagementContext context_;
  AsyncManagementService service_;
  OpenStreams streams_;
};

}  // namespace sconce

#endif  // SERVER_RPC_MANAGEMENT_SERVICE_H_
