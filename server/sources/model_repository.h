// ModelRepository: finds the models in a folder.
//
// Two layouts, which may stand side by side:
//   <model>/<version>/model.pt   with an optional <model>/config.pbtxt
//   <model>.<any suffix>         a bare file, version 1
#ifndef SERVER_SOURCES_MODEL_REPOSITORY_H_
#define SERVER_SOURCES_MODEL_REPOSITORY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/core/loader.h"
#include "server/core/servable_config.h"

namespace sconce {

// Everything in `directory`, ordered by name. `defaults` applies to models
// without a config file. Folders and files
// that cannot be models (hidden, documents, no version folder) are passed
// over, each with a log line. INVALID_ARGUMENT: no readable folder.
absl::StatusOr<std::vector<ServableSpec>> ScanModelRepository(
    const std::string& directory, const ServableConfig& defaults);

}  // namespace sconce

#endif  // SERVER_SOURCES_MODEL_REPOSITORY_H_
