// ModuleBytes: what a module keeps in memory.
#ifndef SERVER_RUNTIME_MODULE_BYTES_H_
#define SERVER_RUNTIME_MODULE_BYTES_H_

#include <torch/csrc/jit/api/module.h>

#include <cstdint>

namespace sconce {

// Bytes of its tensors: parameters, buffers, and the constants in its code, to
// which freezing turns the others. What several share counts once. Packed
// weights of quantized layers, which only their operators can look into, do
// not. REQUIRES: nothing of it has run yet.
int64_t ModuleBytes(const torch::jit::Module& module);

}  // namespace sconce

#endif  // SERVER_RUNTIME_MODULE_BYTES_H_
