#include "client/cpp/src/typed_contents.h"

#include <vector>

#include "absl/strings/string_view.h"

#include "sconce/tensor_view.h"

namespace sconce {
inline namespace client {
namespace {

template <typename Element, typename Values>
std::string Narrow(const Values& values) {
  std::string bytes;
  bytes.reserve(values.size() * sizeof(Element));
  for (const auto value : values) {
    const auto element = static_cast<Element>(value);
    bytes.append(reinterpret_cast<const char*>(&element), sizeof element);
  }
  return bytes;
}

}  // namespace

std::string RawBytes(const inference::InferTensorContents& contents,
                     DataType type) {
  switch (type) {
    case DataType::kBool:
      return Narrow<uint8_t>(contents.bool_contents());
    case DataType::kUint8:
      return Narrow<uint8_t>(contents.uint_contents());
    case DataType::kUint16:
      return Narrow<uint16_t>(contents.uint_contents());
    case DataType::kUint32:
      return Narrow<uint32_t>(contents.uint_contents());
    case DataType::kUint64:
      return Narrow<uint64_t>(contents.uint64_contents());
    case DataType::kInt8:
      return Narrow<int8_t>(contents.int_contents());
    case DataType::kInt16:
      return Narrow<int16_t>(contents.int_contents());
    case DataType::kInt32:
      return Narrow<int32_t>(contents.int_contents());
    case DataType::kInt64:
      return Narrow<int64_t>(contents.int64_contents());
    case DataType::kFp32:
      return Narrow<float>(contents.fp32_contents());
    case DataType::kFp64:
      return Narrow<double>(contents.fp64_contents());
    case DataType::kBytes:
      return EncodeStrings(std::vector<absl::string_view>(
          contents.bytes_contents().begin(), contents.bytes_contents().end()));
    case DataType::kFp16:
    case DataType::kBf16:
      return "";
  }
  return "";
}

}  // namespace client
}  // namespace sconce
