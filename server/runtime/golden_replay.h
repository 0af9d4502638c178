// Asks a model the golden examples of its archive, before clients see it.
#ifndef SERVER_RUNTIME_GOLDEN_REPLAY_H_
#define SERVER_RUNTIME_GOLDEN_REPLAY_H_

#include "absl/status/status.h"

#include "server/core/servable.h"
#include "server/runtime/archive/archive_metadata.h"

namespace sconce {

// Sends every example through the ordinary path and compares the answer with
// what eager PyTorch said at export, within the archive's tolerances.
// FAILED_PRECONDITION names the first example and output that differ, and by
// how much. Examples with more rows than the method may batch are passed
// over, as are those of methods that cannot be called. Blocks.
absl::Status ReplayExamples(const ArchiveMetadata& metadata,
                            Servable* servable);

}  // namespace sconce

#endif  // SERVER_RUNTIME_GOLDEN_REPLAY_H_
