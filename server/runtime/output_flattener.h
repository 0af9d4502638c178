// Turns what a model returns into named tensors.
#ifndef SERVER_RUNTIME_OUTPUT_FLATTENER_H_
#define SERVER_RUNTIME_OUTPUT_FLATTENER_H_

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sconce {

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

// The tensors in `value`, in order. Names:
//   a tensor              output_0
//   tuple, list           output_0, output_1, …
//   named tuple, dict     the field's name, the key
//   nested                the outer name, '.', the inner name or number
//   None                  no output
// UNIMPLEMENTED names the output that is neither a dense tensor of a type the
// protocol has, nor a structure of such.
absl::StatusOr<std::vector<NamedTensor>> FlattenOutput(
    const c10::IValue& value);

}  // namespace sconce

#endif  // SERVER_RUNTIME_OUTPUT_FLATTENER_H_
