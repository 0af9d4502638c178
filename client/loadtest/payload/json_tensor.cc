#include "client/loadtest/payload/json_tensor.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "client/loadtest/payload/half_float.h"
#include "client/loadtest/payload/json_text.h"

namespace sconce::load {
namespace {

using nlohmann::json;

constexpr size_t kMostDimensions = 32;

template <typename T>
void Append(T value, std::string* bytes) {
  bytes->append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename T>
bool AppendInteger(const json& value, std::string* bytes) {
  using Limits = std::numeric_limits<T>;
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number > static_cast<uint64_t>(Limits::max())) return false;
    Append(static_cast<T>(number), bytes);
    return true;
  }
  if (!value.is_number_integer()) return false;
  const auto number = value.get<int64_t>();  // below 0
  if (!Limits::is_signed || number < static_cast<int64_t>(Limits::min())) {
    return false;
  }
  Append(static_cast<T>(number), bytes);
  return true;
}

bool AppendFloating(DataType type, const json& value, std::string* bytes) {
  if (!value.is_number()) return false;
  const auto number = value.get<double>();
  const auto single = static_cast<float>(number);
  if (type == DataType::kFp64) Append(number, bytes);
  if (type == DataType::kFp32) Append(single, bytes);
  if (type == DataType::kFp16) Append(ToHalf(single), bytes);
  if (type == DataType::kBf16) Append(ToBfloat16(single), bytes);
  return true;
}

bool AppendText(const json& value, std::string* bytes) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  Append(static_cast<uint32_t>(text.size()), bytes);
  bytes->append(text);
  return true;
}

bool AppendValue(DataType type, const json& value, std::string* bytes) {
  switch (type) {
    case DataType::kBool:
      if (!value.is_boolean()) return false;
      Append<uint8_t>(value.get<bool>() ? 1 : 0, bytes);
      return true;
    case DataType::kUint8:
      return AppendInteger<uint8_t>(value, bytes);
    case DataType::kUint16:
      return AppendInteger<uint16_t>(value, bytes);
    case DataType::kUint32:
      return AppendInteger<uint32_t>(value, bytes);
    case DataType::kUint64:
      return AppendInteger<uint64_t>(value, bytes);
    case DataType::kInt8:
      return AppendInteger<int8_t>(value, bytes);
    case DataType::kInt16:
      return AppendInteger<int16_t>(value, bytes);
    case DataType::kInt32:
      return AppendInteger<int32_t>(value, bytes);
    case DataType::kInt64:
      return AppendInteger<int64_t>(value, bytes);
    case DataType::kBytes:
      return AppendText(value, bytes);
    default:
      return AppendFloating(type, value, bytes);
  }
}

// Of the first elements on the way down; FlatValues finds those that differ.
Shape ShapeOf(const json& value) {
  Shape shape;
  const json* inner = &value;
  while (inner->is_array() && shape.size() <= kMostDimensions) {
    shape.push_back(static_cast<int64_t>(inner->size()));
    if (inner->empty()) break;
    inner = &inner->front();
  }
  return shape;
}

// Adds the values below `value`, which has the sizes from `depth` on.
bool AddFlat(const json& value, const Shape& shape, size_t depth,
             std::vector<const json*>* values) {
  if (depth == shape.size()) {
    values->push_back(&value);
    return !value.is_array();
  }
  if (!value.is_array() || static_cast<int64_t>(value.size()) != shape[depth]) {
    return false;
  }
  for (const json& inner : value) {
    if (!AddFlat(inner, shape, depth + 1, values)) return false;
  }
  return true;
}

DataType GuessType(const std::vector<const json*>& values) {
  bool whole = true;
  for (const json* value : values) {
    if (value->is_boolean()) return DataType::kBool;
    if (value->is_string()) return DataType::kBytes;
    whole = whole && value->is_number_integer();
  }
  return whole && !values.empty() ? DataType::kInt64 : DataType::kFp32;
}

}  // namespace

absl::StatusOr<Tensor> TensorFromJson(absl::string_view text,
                                      std::optional<DataType> type) {
  const auto value = ParseJson(text);
  if (!value.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text.substr(0, 40),
                     "' is neither the name of an .npy file nor JSON (",
                     value.status().message(),
                     "); a text is written in quotes: '\"text\"'"));
  }
  Tensor tensor;
  tensor.shape = ShapeOf(*value);
  std::vector<const json*> values;
  if (tensor.shape.size() > kMostDimensions ||
      !AddFlat(*value, tensor.shape, 0, &values)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the rows of ", ShortText(*value),
                     " have different lengths, or are nested too deeply"));
  }
  tensor.type = type ? *type : GuessType(values);
  for (const json* element : values) {
    if (AppendValue(tensor.type, *element, &tensor.bytes)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("the value ", ShortText(*element), " is no ",
                     std::string(DataTypeName(tensor.type))));
  }
  return tensor;
}

}  // namespace sconce::load
