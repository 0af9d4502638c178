// Asks a model the golden examples of its archive, before clients see it.
#ifndef SERVER_RUNTIME_GOLDEN_REPLAY_H_
#define SERVER_RUNTIME_GOLDEN_REPLAY_H_

#include <cstdint>

#include "absl/status/statusor.h"

#include "server/core/precision.h"
#include "server/core/servable.h"
#include "server/runtime/archive/archive_metadata.h"
#include "server/runtime/tensor_comparison.h"

namespace sconce {

struct GoldenReplay {
  int64_t compared = 0;  // examples
  Deviation deviation;   // of floating outputs, the largest
};

// Sends every example through the ordinary path and compares the answer with
// what eager PyTorch said at export, within the tolerance of `precision`; else
// within the archive's, or what a model may be off in that precision, or on
// another kind of processor than the exporter's, if that is more.
// FAILED_PRECONDITION names the first example and output that differ, and by
// how much. Examples with more rows than the method may batch are passed over,
// as are those of methods that cannot be called. Blocks.
absl::StatusOr<GoldenReplay> ReplayExamples(const ArchiveMetadata& metadata,
                                            const PrecisionSettings& precision,
                                            bool on_device, Servable* servable);

}  // namespace sconce

#endif  // SERVER_RUNTIME_GOLDEN_REPLAY_H_
