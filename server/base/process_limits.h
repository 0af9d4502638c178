// What a process may use, set by itself.
#ifndef SERVER_BASE_PROCESS_LIMITS_H_
#define SERVER_BASE_PROCESS_LIMITS_H_

#include <sys/types.h>

#include <cstdint>

namespace sconce {

struct ProcessLimits {
  uint64_t data_bytes = 0;   // of memory that can be written to; 0: no limit
  uint64_t cpu_seconds = 0;  // of all threads together; 0: no limit
};

// Limits the calling process for good. It also writes no core file, and is the
// first that the kernel ends when the machine's memory is short. Call before
// other threads start.
void LimitProcess(const ProcessLimits& limits);

// The calling process is killed when the thread that started it ends, or at
// once when `parent`, the process of that thread, has ended already.
void EndWithParent(pid_t parent);

}  // namespace sconce

#endif  // SERVER_BASE_PROCESS_LIMITS_H_
