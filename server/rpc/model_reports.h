// What the server tells about its models: metadata, configuration,
// statistics.
#ifndef SERVER_RPC_MODEL_REPORTS_H_
#define SERVER_RPC_MODEL_REPORTS_H_

#include "absl/status/status.h"

#include "inference/grpc_service.pb.h"
#include "server/core/manager.h"
#include "server/core/servable.h"

namespace sconce {

// Each answers one RPC from the registry as it is now. Thread-safe; none
// blocks. Errors are those of Manager::GetHandle(); a model that is not there
// is not ready, which is no error.
absl::Status ReportReady(const Manager& manager,
                         const inference::ModelReadyRequest& request,
                         inference::ModelReadyResponse* response);
absl::Status ReportMetadata(const Manager& manager,
                            const inference::ModelMetadataRequest& request,
                            inference::ModelMetadataResponse* response);
absl::Status ReportConfig(const Manager& manager,
                          const inference::ModelConfigRequest& request,
                          inference::ModelConfigResponse* response);
absl::Status ReportStatistics(const Manager& manager,
                              const inference::ModelStatisticsRequest& request,
                              inference::ModelStatisticsResponse* response);

}  // namespace sconce

#endif  // SERVER_RPC_MODEL_REPORTS_H_
