#include "sconce/data_type.h"

#include <array>

namespace sconce {
inline namespace client {
namespace {

struct TypeRow {
  absl::string_view name;
  size_t size;
};

// In the order of DataType.
constexpr std::array<TypeRow, 14> kTypes = {{{"BOOL", 1},
                                             {"UINT8", 1},
                                             {"UINT16", 2},
                                             {"UINT32", 4},
                                             {"UINT64", 8},
                                             {"INT8", 1},
                                             {"INT16", 2},
                                             {"INT32", 4},
                                             {"INT64", 8},
                                             {"FP16", 2},
                                             {"FP32", 4},
                                             {"FP64", 8},
                                             {"BF16", 2},
                                             {"BYTES", 0}}};

}  // namespace

absl::string_view DataTypeName(DataType type) {
  return kTypes.at(static_cast<size_t>(type)).name;
}

std::optional<DataType> ParseDataType(absl::string_view name) {
  for (size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes.at(i).name == name) return static_cast<DataType>(i);
  }
  return std::nullopt;
}

size_t ElementSize(DataType type) {
  return kTypes.at(static_cast<size_t>(type)).size;
}

}  // namespace client
}  // namespace sconce
