// Integer division that throws where the processor would raise SIGFPE.
#ifndef SERVER_RUNTIME_SAFE_DIVISION_H_
#define SERVER_RUNTIME_SAFE_DIVISION_H_

#include <torch/csrc/jit/ir/ir.h>

namespace sconce {

// Registers the operators that MakeDivisionSafe() puts in. Thread-safe.
void RegisterSafeDivision();

// LibTorch 2.11 divides integers without looking at them, and division by
// zero or of the least integer by -1 ends the process (server/doc/isolation.md
// has the list). When `node` is such an operator it gets a check or is
// destroyed and replaced by one that gives the same results; true then.
// REQUIRES: RegisterSafeDivision() was called.
bool MakeDivisionSafe(torch::jit::Node* node);

}  // namespace sconce

#endif  // SERVER_RUNTIME_SAFE_DIVISION_H_
