// RehearseLoad: has LibTorch do once what it does at the first load.
#ifndef SERVER_RUNTIME_TORCH_REHEARSAL_H_
#define SERVER_RUNTIME_TORCH_REHEARSAL_H_

namespace sconce {

// Loads, guards, optimises and runs a model of one layer on the calling thread,
// so that a fork finds operators, builtin functions and kernels made. Starts no
// thread. REQUIRES: InitTorchProcess().
void RehearseLoad();

}  // namespace sconce

#endif  // SERVER_RUNTIME_TORCH_REHEARSAL_H_
