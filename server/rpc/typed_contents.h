// Typed tensor contents (InferTensorContents) as plain bytes.
#ifndef SERVER_RPC_TYPED_CONTENTS_H_
#define SERVER_RPC_TYPED_CONTENTS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

#include "inference/grpc_service.pb.h"
#include "server/tensor/data_type.h"

namespace sconce {

// The elements of `input.contents` as row-major little-endian bytes of `type`.
// INVALID_ARGUMENT when another field than the type's own is filled, when a
// value does not fit the type, or for FP16 and BF16, which are raw only.
absl::StatusOr<std::vector<uint8_t>> PackTypedContents(
    const inference::ModelInferRequest::InferInputTensor& input, DataType type);

}  // namespace sconce

#endif  // SERVER_RPC_TYPED_CONTENTS_H_
