// DataType: the element types of the Open Inference Protocol.
#ifndef SERVER_TENSOR_DATA_TYPE_H_
#define SERVER_TENSOR_DATA_TYPE_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace sconce {

enum class DataType : uint8_t {
  kBool,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFp16,
  kFp32,
  kFp64,
  kBf16,
  kBytes,
};

// The protocol's name, e.g. "FP32". The result lives forever.
absl::string_view DataTypeName(DataType type);

// The type called `name` in the protocol, or nothing.
std::optional<DataType> ParseDataType(absl::string_view name);

// Bytes of one element on the wire; 0 for kBytes, whose elements vary.
size_t ElementSize(DataType type);

}  // namespace sconce

#endif  // SERVER_TENSOR_DATA_TYPE_H_
