// MethodTarget: what a request's model name and version lead to.
#ifndef SERVER_RPC_METHOD_TARGET_H_
#define SERVER_RPC_METHOD_TARGET_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "server/core/manager.h"
#include "server/core/servable_handle.h"

namespace sconce {

struct MethodTarget {
  ServableHandle servable;
  std::string method;  // "" is forward
};

// `name` is a model, or `model:method` when no model has the whole name. The
// method may not exist. `affinity` counts when no version is given. Errors as
// Manager::GetHandle, and INVALID_ARGUMENT for a version that is neither number
// nor alias.
absl::StatusOr<MethodTarget> FindTarget(const Manager& manager,
                                        const std::string& name,
                                        const std::string& version,
                                        Affinity affinity = {});

}  // namespace sconce

#endif  // SERVER_RPC_METHOD_TARGET_H_
