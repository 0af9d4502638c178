// Which version a request to the management service means.
#ifndef SERVER_RPC_MODEL_VERSIONS_H_
#define SERVER_RPC_MODEL_VERSIONS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "server/core/model_control.h"

namespace sconce {

// INVALID_ARGUMENT unless `version` is positive.
absl::Status CheckVersion(int64_t version);

// The one of `version` and `alias` that is given (0 and "" are not), nothing
// when neither is. `control` may be null, and knows no alias then.
//   NOT_FOUND         the model has no such alias
//   INVALID_ARGUMENT  both are given, or one that cannot be
absl::StatusOr<std::optional<int64_t>> NamedVersion(const ModelControl* control,
                                                    const std::string& model,
                                                    int64_t version,
                                                    const std::string& alias);

// The same, but the highest version of the repositories when neither is given.
// NOT_FOUND: no repository has the model.
absl::StatusOr<int64_t> RepositoryVersion(const ModelControl& control,
                                          const std::string& model,
                                          int64_t version,
                                          const std::string& alias);

}  // namespace sconce

#endif  // SERVER_RPC_MODEL_VERSIONS_H_
