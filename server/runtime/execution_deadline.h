// ExecutionDeadline: how long the code that a thread runs may take.
#ifndef SERVER_RUNTIME_EXECUTION_DEADLINE_H_
#define SERVER_RUNTIME_EXECUTION_DEADLINE_H_

#include <memory>

#include "server/base/clock.h"

namespace sconce {

// `begin` + `limit`; zero is no limit.
MonoTime After(MonoTime begin, MonoDuration limit);

// While it lives, CheckExecutionDeadline() looks at it: on the thread that
// made it, and on those that LibTorch hands this thread's work to (prim::fork).
// On the stack only; the last one made is the one that counts.
class ExecutionDeadline {
 public:
  // kNoDeadline: no limit.
  explicit ExecutionDeadline(MonoTime at);
  ~ExecutionDeadline();
  ExecutionDeadline(const ExecutionDeadline&) = delete;
  ExecutionDeadline& operator=(const ExecutionDeadline&) = delete;

  // Whether a check found that the time was over. Thread-safe.
  bool passed() const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;  // null without a limit
};

// Throws when the deadline has passed. Costs some 25 ns.
void CheckExecutionDeadline();

}  // namespace sconce

#endif  // SERVER_RUNTIME_EXECUTION_DEADLINE_H_
