// MapTensors: other tensors in a value that a method takes or returns.
#ifndef SERVER_RUNTIME_VALUE_TENSORS_H_
#define SERVER_RUNTIME_VALUE_TENSORS_H_

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include "absl/functional/function_ref.h"

namespace sconce {

using TensorMap = absl::FunctionRef<at::Tensor(const at::Tensor&)>;

// `value` with `map(tensor)` for each defined tensor in it, however deep in
// tuples, lists and dicts, in the order of FlattenOutput(). Containers are new
// ones, so that whoever else holds `value` sees no change; all other values are
// the same. Throws as LibTorch does.
c10::IValue MapTensors(const c10::IValue& value, TensorMap map);

}  // namespace sconce

#endif  // SERVER_RUNTIME_VALUE_TENSORS_H_
