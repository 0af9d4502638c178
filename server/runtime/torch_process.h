// LibTorch's process-wide and per-thread settings, made in one place.
#ifndef SERVER_RUNTIME_TORCH_PROCESS_H_
#define SERVER_RUNTIME_TORCH_PROCESS_H_

#include <string>

namespace sconce {

// REQUIRES: called once, before any other use of LibTorch and before other
// threads start.
void InitTorchProcess();

// In the child of a fork. REQUIRES: called once, before other threads start.
void InitTorchFork();

// Lets operators on the calling thread use `threads` threads. Call first on
// every thread that runs LibTorch.
void InitTorchThread(int threads);

// The loaded library's version, e.g. "2.11.0".
std::string TorchVersion();

}  // namespace sconce

#endif  // SERVER_RUNTIME_TORCH_PROCESS_H_
