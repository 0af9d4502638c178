// Spawn: starts a program that knows nothing of this process.
#ifndef SERVER_BASE_SPAWN_PROCESS_H_
#define SERVER_BASE_SPAWN_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sconce {

// What a spawned program gets `descriptor` as.
constexpr int kSpawnedDescriptor = 3;

// Starts `program` with `arguments`, from its own name on, in a process group
// of its own. It has no signal blocked or ignored and no descriptor but these:
// nothing to read, standard output thrown away, our standard error, and
// kSpawnedDescriptor. The caller waits for its end. Thread-safe.
absl::StatusOr<pid_t> Spawn(const std::string& program,
                            const std::vector<std::string>& arguments,
                            int descriptor);

}  // namespace sconce

#endif  // SERVER_BASE_SPAWN_PROCESS_H_
