// GetModel: how one version of a model was loaded and is served.
#ifndef SERVER_RPC_MODEL_DESCRIPTION_H_
#define SERVER_RPC_MODEL_DESCRIPTION_H_

#include "absl/status/status.h"

#include "management/v1/management.pb.h"
#include "server/core/manager.h"
#include "server/core/model_control.h"

namespace sconce {

// Answers the RPC from the registry as it is now. `control` may be null.
// Thread-safe; does not block.
//   NOT_FOUND         no such model, version or alias
//   INVALID_ARGUMENT  both a version and an alias, or one that cannot be
absl::Status DescribeModel(const Manager& manager, const ModelControl* control,
                           const management::v1::GetModelRequest& request,
                           management::v1::GetModelResponse* response);

}  // namespace sconce

#endif  // SERVER_RPC_MODEL_DESCRIPTION_H_
