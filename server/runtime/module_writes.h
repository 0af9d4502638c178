// What a module's code writes to, beside what it makes itself.
#ifndef SERVER_RUNTIME_MODULE_WRITES_H_
#define SERVER_RUNTIME_MODULE_WRITES_H_

#include <torch/csrc/jit/api/module.h>

namespace sconce {

enum class ModuleWrites {
  kNothing,     // inputs and values of its own at most
  kAttributes,  // attributes that freezing left in place
  kAnything,    // maybe something that freezing did not see, as a tensor in a
                // list, or code that cannot be followed
};

// Looks at the code of a frozen module, where branches for training are gone.
// Freezing sees most writes to attributes, but not those through containers
// and objects, nor those of batch_norm, whose schema does not tell them.
ModuleWrites FindWrites(const torch::jit::Module& frozen);

}  // namespace sconce

#endif  // SERVER_RUNTIME_MODULE_WRITES_H_
