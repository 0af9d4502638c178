// RepositoryIndex: which models there are, loaded or not.
#ifndef SERVER_RPC_REPOSITORY_INDEX_H_
#define SERVER_RPC_REPOSITORY_INDEX_H_

#include "absl/status/status.h"

#include "inference/grpc_service.pb.h"
#include "server/core/manager.h"
#include "server/core/model_control.h"

namespace sconce {

// By name: every version that is registered, and each model of the
// repositories of which none is, with the reason "unloaded". Without a
// `control` (null) only the former. Thread-safe; does not block. UNIMPLEMENTED
// when a repository is named.
absl::Status ReportIndex(const Manager& manager, const ModelControl* control,
                         const inference::RepositoryIndexRequest& request,
                         inference::RepositoryIndexResponse* response);

}  // namespace sconce

#endif  // SERVER_RPC_REPOSITORY_INDEX_H_
