// Tensors from values that are written as JSON.
#ifndef CLIENT_LOADTEST_PAYLOAD_JSON_TENSOR_H_
#define CLIENT_LOADTEST_PAYLOAD_JSON_TENSOR_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "client/loadtest/payload/tensor.h"

namespace sconce::load {

// "[[1, 2], [3, 4]]" has the shape [2,2], "true" has []. Without a type, true
// and false are BOOL, whole numbers INT64, numbers FP32 and texts BYTES.
// INVALID_ARGUMENT: no JSON, rows of different lengths, or a value that is none
// of the type.
absl::StatusOr<Tensor> TensorFromJson(absl::string_view text,
                                      std::optional<DataType> type);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_JSON_TENSOR_H_
