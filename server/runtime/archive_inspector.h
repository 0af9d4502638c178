// What a TorchScript archive tells without being run.
#ifndef SERVER_RUNTIME_ARCHIVE_INSPECTOR_H_
#define SERVER_RUNTIME_ARCHIVE_INSPECTOR_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "server/tensor/data_type.h"
#include "server/tensor/shape.h"

namespace sconce {

// Type and shape of an example that torch.jit.trace was given.
struct TracedInput {
  DataType type;
  Shape shape;
};

// Checks by content, not by suffix, that the file at `path` is a TorchScript
// archive. INVALID_ARGUMENT says what it is instead and what to do; NOT_FOUND
// when there is no readable file. Messages are fit for a client.
absl::Status CheckIsTorchScript(const std::string& path);

// The examples `forward` was traced with, in the order of its arguments;
// empty for scripted modules and for examples that are no plain tensors.
// REQUIRES: CheckIsTorchScript(path) is OK.
std::vector<TracedInput> ReadTracedInputs(const std::string& path);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_INSPECTOR_H_
