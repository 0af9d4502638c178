#include "server/tensor/data_type.h"

#include <array>

namespace sconce {
namespace {

struct DataTypeRow {
  DataType type;
  absl::string_view name;
  size_t size;
};

// Row i describes the enumerator of value i.
constexpr std::array<DataTypeRow, 14> kRows = {{
    {DataType::kBool, "BOOL", 1},
    {DataType::kUint8, "UINT8", 1},
    {DataType::kUint16, "UINT16", 2},
    {DataType::kUint32, "UINT32", 4},
    {DataType::kUint64, "UINT64", 8},
    {DataType::kInt8, "INT8", 1},
    {DataType::kInt16, "INT16", 2},
    {DataType::kInt32, "INT32", 4},
    {DataType::kInt64, "INT64", 8},
    {DataType::kFp16, "FP16", 2},
    {DataType::kFp32, "FP32", 4},
    {DataType::kFp64, "FP64", 8},
    {DataType::kBf16, "BF16", 2},
    {DataType::kBytes, "BYTES", 0},
}};

const DataTypeRow& Row(DataType type) {
  return kRows[static_cast<size_t>(type)];
}

}  // namespace

absl::string_view DataTypeName(DataType type) { return Row(type).name; }

size_t ElementSize(DataType type) { return Row(type).size; }

std::optional<DataType> ParseDataType(absl::string_view name) {
  for (const DataTypeRow& row : kRows) {
    if (row.name == name) return row.type;
  }
  return std::nullopt;
}

}  // namespace sconce
