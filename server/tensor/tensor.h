// InputTensor and OutputTensor: tensors on their way through the server, free
// of LibTorch and of gRPC.
#ifndef SERVER_TENSOR_TENSOR_H_
#define SERVER_TENSOR_TENSOR_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/types/span.h"

#include "server/tensor/byte_chunks.h"
#include "server/tensor/data_type.h"
#include "server/tensor/shape.h"

namespace sconce {

// Row-major, little-endian, without padding. The bytes are borrowed from the
// request and live as long as it does.
struct InputTensor {
  std::string name;
  DataType type = DataType::kFp32;
  Shape shape;
  ByteChunks bytes;
};

// Row-major, little-endian, without padding. `owner` keeps `bytes` alive; it
// may be shared with other tensors and be released on any thread.
struct OutputTensor {
  std::string name;
  DataType type = DataType::kFp32;
  Shape shape;
  absl::Span<const uint8_t> bytes;
  std::shared_ptr<const void> owner;
};

}  // namespace sconce

#endif  // SERVER_TENSOR_TENSOR_H_
