// DataType: the element types of the Open Inference Protocol.
#ifndef CLIENT_CPP_INCLUDE_SCONCE_DATA_TYPE_H_
#define CLIENT_CPP_INCLUDE_SCONCE_DATA_TYPE_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace sconce {
inline namespace client {

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

// DataTypeOf<float>::value is DataType::kFp32, and so on. C++ has no type of
// its own for FP16 and BF16: their tensors are made of bytes.
template <typename T>
struct DataTypeOf;

template <DataType kType>
struct DataTypeConstant {
  static constexpr DataType value = kType;
};

template <>
struct DataTypeOf<bool> : DataTypeConstant<DataType::kBool> {};
template <>
struct DataTypeOf<uint8_t> : DataTypeConstant<DataType::kUint8> {};
template <>
struct DataTypeOf<uint16_t> : DataTypeConstant<DataType::kUint16> {};
template <>
struct DataTypeOf<uint32_t> : DataTypeConstant<DataType::kUint32> {};
template <>
struct DataTypeOf<uint64_t> : DataTypeConstant<DataType::kUint64> {};
template <>
struct DataTypeOf<int8_t> : DataTypeConstant<DataType::kInt8> {};
template <>
struct DataTypeOf<int16_t> : DataTypeConstant<DataType::kInt16> {};
template <>
struct DataTypeOf<int32_t> : DataTypeConstant<DataType::kInt32> {};
template <>
struct DataTypeOf<int64_t> : DataTypeConstant<DataType::kInt64> {};
template <>
struct DataTypeOf<float> : DataTypeConstant<DataType::kFp32> {};
template <>
struct DataTypeOf<double> : DataTypeConstant<DataType::kFp64> {};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_INCLUDE_SCONCE_DATA_TYPE_H_
