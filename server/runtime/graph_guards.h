// Guards in a module's code against what a call can do to the whole server.
#ifndef SERVER_RUNTIME_GRAPH_GUARDS_H_
#define SERVER_RUNTIME_GRAPH_GUARDS_H_

#include <torch/csrc/jit/api/module.h>

namespace sconce {

struct GraphGuards {
  int loops = 0;      // that end when CheckExecutionDeadline() throws
  int divisions = 0;  // that throw instead of SIGFPE
};

// Changes the code of the module and of all it calls; answers stay the same.
// The passes of LibTorch keep the guards. Not thread-safe.
// REQUIRES: nothing of the module has run yet; it is not frozen.
GraphGuards AddGraphGuards(const torch::jit::Module& module);

}  // namespace sconce

#endif  // SERVER_RUNTIME_GRAPH_GUARDS_H_
