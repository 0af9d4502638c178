// Checks one input of a request against what the signature says about it.
#ifndef SERVER_TENSOR_INPUT_CHECK_H_
#define SERVER_TENSOR_INPUT_CHECK_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "server/tensor/signature.h"

namespace sconce {

// Type, shape, number of bytes; for values also the number of elements, and
// for strings the encoding. INVALID_ARGUMENT names the input, what was
// expected and what was found.
absl::Status CheckInput(const TensorSpec& spec, absl::string_view model,
                        const InputTensor& input);

}  // namespace sconce

#endif  // SERVER_TENSOR_INPUT_CHECK_H_
