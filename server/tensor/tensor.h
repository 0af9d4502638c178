// InputTensor and OutputTensor: tensors on their way through the server, free
// of LibTorch and of gRPC.
#ifndef SERVER_TENSOR_TENSOR_H_
#define SERVER_TENSOR_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/types/span.h"

#include "server/tensor/byte_chunks.h"
#include "server/tensor/data_type.h"
#include "server/tensor/shape.h"

namespace sconce {

// Row-major, little-endian, without padding. The bytes are borrowed from the
// request and live as long as it does, or as `owner`.
struct InputTensor {
  std::string name;
  DataType type = DataType::kFp32;
  Shape shape;
  ByteChunks bytes;
  // Of bytes that lie in one piece, maybe: keeps them alive. A model may then
  // work on them where they are, and also write to them.
  std::shared_ptr<const void> owner;

  // Set when the request is checked against a signature.
  size_t spec = 0;        // index of the signature's input
  int64_t element = 0;    // index in a list of tensors
  size_t key = 0;         // where a dict's key begins in `name`; 0: no dict
  bool by_value = false;  // no tensor: equal within a batch
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
