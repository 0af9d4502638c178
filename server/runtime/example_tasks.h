// Requests that a model is tried with before clients see it.
#ifndef SERVER_RUNTIME_EXAMPLE_TASKS_H_
#define SERVER_RUNTIME_EXAMPLE_TASKS_H_

#include <memory>
#include <string>
#include <vector>

#include "server/core/infer_task.h"
#include "server/core/waiting_task.h"
#include "server/runtime/archive/archive_metadata.h"
#include "server/tensor/signature.h"

namespace sconce {

using WaitingTasks = std::vector<std::unique_ptr<WaitingTask>>;

// The request that `example` was; null when it has more rows than the method
// takes at once. A config file may have other names than the archive; the
// order of the inputs is the same.
std::unique_ptr<WaitingTask> MakeGoldenTask(const GoldenExample& example,
                                            const MetadataMethod& method,
                                            const ModelSignature& signature);

// Those of all golden examples of `method`.
WaitingTasks GoldenTasks(const ArchiveMetadata& metadata,
                         const std::string& method,
                         const ModelSignature& signature);

// One request of random values; none when a type or size is open.
WaitingTasks MadeUpTasks(const std::string& method,
                         const ModelSignature& signature);

std::vector<InferTask*> Pointers(const WaitingTasks& tasks);

}  // namespace sconce

#endif  // SERVER_RUNTIME_EXAMPLE_TASKS_H_
