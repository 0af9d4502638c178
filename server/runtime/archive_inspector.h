// What a TorchScript archive tells without being run.
#ifndef SERVER_RUNTIME_ARCHIVE_INSPECTOR_H_
#define SERVER_RUNTIME_ARCHIVE_INSPECTOR_H_

#include <string>
#include <vector>

#include "server/tensor/data_type.h"
#include "server/tensor/shape.h"

namespace sconce {

// Type and shape of an example that torch.jit.trace was given.
struct TracedInput {
  DataType type;
  Shape shape;
};

// The examples `forward` was traced with, in the order of its arguments;
// empty for scripted modules and for examples that are no plain tensors.
// REQUIRES: ProveArchive(path, …) is OK.
std::vector<TracedInput> ReadTracedInputs(const std::string& path);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_INSPECTOR_H_
