// Tensors that a server sends as protobuf numbers instead of raw bytes.
#ifndef CLIENT_CPP_SRC_TYPED_CONTENTS_H_
#define CLIENT_CPP_SRC_TYPED_CONTENTS_H_

#include <string>

#include "inference/grpc_service.pb.h"
#include "sconce/data_type.h"

namespace sconce {
inline namespace client {

// The bytes that the tensor would have had in raw_output_contents. Empty for
// FP16 and BF16, for which the protocol has no field.
std::string RawBytes(const inference::InferTensorContents& contents,
                     DataType type);

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_TYPED_CONTENTS_H_
