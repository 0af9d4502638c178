// Turns what a model returns into named tensors.
#ifndef SERVER_RUNTIME_OUTPUT_FLATTENER_H_
#define SERVER_RUNTIME_OUTPUT_FLATTENER_H_

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/tensor/shape.h"

namespace sconce {

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
  // Of strings: their shape; `tensor` holds them as bytes of a BYTES tensor.
  std::optional<Shape> strings;
};

// The values in `value`, in order, named by the rules of doc/values.md.
// UNIMPLEMENTED names the output that is neither a dense tensor of a type the
// protocol has, nor a scalar, nor a structure of such.
absl::StatusOr<std::vector<NamedTensor>> FlattenOutput(
    const c10::IValue& value);

}  // namespace sconce

#endif  // SERVER_RUNTIME_OUTPUT_FLATTENER_H_
