// MemoryBudget: how much memory the code that a thread runs may take.
#ifndef SERVER_RUNTIME_MEMORY_BUDGET_H_
#define SERVER_RUNTIME_MEMORY_BUDGET_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"

namespace sconce {

// Makes LibTorch ask for its tensors' memory where budgets are looked at.
// REQUIRES: called once, before other threads use LibTorch.
void InstallBudgetAllocator();

// While it lives, the CPU tensors that this thread makes, and those of threads
// that LibTorch hands its work to (prim::fork), may take so many bytes at a
// time; an operator that wants more throws. What is freed counts no more. Not
// counted: scratch memory of kernels (oneDNN, MKL). On the stack only; the
// last one made is the one that counts.
class MemoryBudget {
 public:
  // 0: no limit.
  explicit MemoryBudget(int64_t bytes);
  ~MemoryBudget();
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // What the first refused tensor would have taken; 0 when none was refused.
  // Thread-safe.
  int64_t refused_bytes() const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;  // null without a limit
};

// RESOURCE_EXHAUSTED, for a run of which an operator wanted so much more than
// it was `allowed`, in bytes; IsOverBudget() knows it. A device's memory that
// is short is another matter.
absl::Status OverBudget(int64_t refused, int64_t allowed);
bool IsOverBudget(const absl::Status& status);

}  // namespace sconce

#endif  // SERVER_RUNTIME_MEMORY_BUDGET_H_
