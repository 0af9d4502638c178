// What RepositoryModelLoad and RepositoryModelUnload ask for.
#ifndef SERVER_RPC_REPOSITORY_PARAMETERS_H_
#define SERVER_RPC_REPOSITORY_PARAMETERS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "inference/grpc_service.pb.h"
#include "server/core/model_control.h"

namespace sconce {

// All repositories form one: UNIMPLEMENTED for the name of another.
absl::Status CheckRepositoryName(absl::string_view name);

// Reads the parameters `config` (a ModelConfig as JSON) and
// `file:<version>/<name>` (a file's bytes), which are moved out of `request`.
//   INVALID_ARGUMENT  another parameter, one of a wrong type, a file without
//                     config, or one with a path that may not be
//   UNIMPLEMENTED     repository_name is given
absl::StatusOr<ModelLoadRequest> TakeLoadRequest(
    inference::RepositoryModelLoadRequest* request);

// Knows `unload_dependents`, which changes nothing: no model depends on
// another. Errors as above.
absl::Status CheckUnloadRequest(
    const inference::RepositoryModelUnloadRequest& request);

}  // namespace sconce

#endif  // SERVER_RPC_REPOSITORY_PARAMETERS_H_
