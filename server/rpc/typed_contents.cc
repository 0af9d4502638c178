#include "server/rpc/typed_contents.h"

#include <cstring>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"

#include "server/tensor/strings.h"

namespace sconce {
namespace {

using Input = inference::ModelInferRequest::InferInputTensor;
using Bytes = std::vector<uint8_t>;

// Packs `values` as elements of type To, which may be narrower.
template <typename To, typename Values>
absl::StatusOr<Bytes> Pack(const Input& input, const Values& values) {
  Bytes bytes(static_cast<size_t>(values.size()) * sizeof(To));
  uint8_t* out = bytes.data();
  for (const auto value : values) {
    const To element = static_cast<To>(value);
    // NaN differs from itself and is fine as it is.
    if (element != value && value == value) {
      return absl::InvalidArgumentError(
          absl::StrCat("input '", input.name(), "': value ", value,
                       " does not fit ", input.datatype()));
    }
    std::memcpy(out, &element, sizeof(To));
    out += sizeof(To);
  }
  return bytes;
}

Bytes PackStrings(const Input& input) {
  Bytes bytes;
  for (const std::string& text : input.contents().bytes_contents()) {
    AppendString(text, &bytes);
  }
  return bytes;
}

absl::StatusOr<Bytes> PackAs(const Input& input, DataType type) {
  const inference::InferTensorContents& c = input.contents();
  switch (type) {
    case DataType::kBool:
      return Pack<bool>(input, c.bool_contents());
    case DataType::kInt8:
      return Pack<int8_t>(input, c.int_contents());
    case DataType::kInt16:
      return Pack<int16_t>(input, c.int_contents());
    case DataType::kInt32:
      return Pack<int32_t>(input, c.int_contents());
    case DataType::kInt64:
      return Pack<int64_t>(input, c.int64_contents());
    case DataType::kUint8:
      return Pack<uint8_t>(input, c.uint_contents());
    case DataType::kUint16:
      return Pack<uint16_t>(input, c.uint_contents());
    case DataType::kUint32:
      return Pack<uint32_t>(input, c.uint_contents());
    case DataType::kUint64:
      return Pack<uint64_t>(input, c.uint64_contents());
    case DataType::kFp32:
      return Pack<float>(input, c.fp32_contents());
    case DataType::kFp64:
      return Pack<double>(input, c.fp64_contents());
    case DataType::kBytes:
      return PackStrings(input);
    case DataType::kFp16:
    case DataType::kBf16:
      break;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "input '", input.name(), "': typed contents cannot hold ",
      input.datatype(), " numbers; send them in raw_input_contents"));
}

int FilledFields(const inference::InferTensorContents& c) {
  return (c.bool_contents_size() > 0) + (c.int_contents_size() > 0) +
         (c.int64_contents_size() > 0) + (c.uint_contents_size() > 0) +
         (c.uint64_contents_size() > 0) + (c.fp32_contents_size() > 0) +
         (c.fp64_contents_size() > 0) + (c.bytes_contents_size() > 0);
}

}  // namespace

absl::StatusOr<std::vector<uint8_t>> PackTypedContents(const Input& input,
                                                       DataType type) {
  absl::StatusOr<Bytes> bytes = PackAs(input, type);
  const int filled = FilledFields(input.contents());
  if (bytes.ok() && filled > (bytes->empty() ? 0 : 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("input '", input.name(),
                     "': contents has elements in a field that "
                     "does not belong to ",
                     input.datatype()));
  }
  return bytes;
}

}  // namespace sconce
