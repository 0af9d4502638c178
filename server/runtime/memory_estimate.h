// EstimateArchiveMemory: what a load will need, told from the directory of the
// archive.
#ifndef SERVER_RUNTIME_MEMORY_ESTIMATE_H_
#define SERVER_RUNTIME_MEMORY_ESTIMATE_H_

#include <string>
#include <vector>

#include "server/core/loader.h"

namespace sconce {

// Reads no tensor. `with_probe`: a test process loads the model first.
// `devices`: names of those that it goes to; none: the host's memory keeps it.
// Nothing for a file that is no TorchScript archive.
MemoryNeed EstimateArchiveMemory(const std::string& path, bool with_probe,
                                 std::vector<std::string> devices = {});

// The same for an archive with so many bytes of tensors.
MemoryNeed EstimateMemoryOf(int64_t tensor_bytes, bool with_probe,
                            std::vector<std::string> devices = {});

}  // namespace sconce

#endif  // SERVER_RUNTIME_MEMORY_ESTIMATE_H_
