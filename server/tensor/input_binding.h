// Finds out which input of the signature each input of a request belongs to.
#ifndef SERVER_TENSOR_INPUT_BINDING_H_
#define SERVER_TENSOR_INPUT_BINDING_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "server/tensor/signature.h"

namespace sconce {

// Sets `spec`, `element` and `by_value` of the inputs, adds the parameters
// that are inputs, and sorts: by spec, lists by element, dicts as they came.
// INVALID_ARGUMENT for a name that is unknown, twice or missing.
absl::Status BindInputs(const ModelSignature& signature,
                        absl::string_view model,
                        absl::Span<const InputTensor> parameters,
                        std::vector<InputTensor>* inputs);

}  // namespace sconce

#endif  // SERVER_TENSOR_INPUT_BINDING_H_
