// Puts a model's signature together from what its code, its archive and its
// config file say.
#ifndef SERVER_RUNTIME_MODEL_SIGNATURE_H_
#define SERVER_RUNTIME_MODEL_SIGNATURE_H_

#include <vector>

#include "absl/status/statusor.h"

#include "server/core/servable_config.h"
#include "server/runtime/archive/archive_metadata.h"
#include "server/runtime/archive_inspector.h"
#include "server/runtime/module_method.h"
#include "server/tensor/signature.h"

namespace sconce {

// Names and order of the inputs come from the method's arguments. What the
// exporter wrote names them as the original model does, which an adapter's
// arguments do not, and describes types and shapes. The config file may rename
// them: by the same names, by the suffix __<index>, or else by position. Types
// and shapes come from the config file, or the types from the examples the
// model was traced with (then the shapes only describe). `metadata` may be
// null. INVALID_ARGUMENT when config and model disagree.
absl::StatusOr<ModelSignature> MakeSignature(
    const ModuleMethod& method, const MetadataMethod* metadata,
    const std::vector<TracedInput>& traced, const ServableConfig& config);

}  // namespace sconce

#endif  // SERVER_RUNTIME_MODEL_SIGNATURE_H_
