// ReadPlacement: where a ModelConfig wants its model to run.
#ifndef SERVER_SOURCES_PLACEMENT_CONFIG_H_
#define SERVER_SOURCES_PLACEMENT_CONFIG_H_

#include "absl/status/statusor.h"

#include "server/core/placement.h"

namespace inference {
class ModelConfig;
}

namespace sconce {

// All entries of `instance_group` together. INVALID_ARGUMENT: they ask for the
// CPU and for devices, or for devices that cannot be.
absl::StatusOr<Placement> ReadPlacement(const inference::ModelConfig& config);

}  // namespace sconce

#endif  // SERVER_SOURCES_PLACEMENT_CONFIG_H_
