#include "server/runtime/archive/safetensors.h"

#include <nlohmann/json.hpp>

#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::pair<absl::string_view, DataType> kTypes[] = {
    {"BOOL", DataType::kBool},  {"U8", DataType::kUint8},
    {"U16", DataType::kUint16}, {"U32", DataType::kUint32},
    {"U64", DataType::kUint64}, {"I8", DataType::kInt8},
    {"I16", DataType::kInt16},  {"I32", DataType::kInt32},
    {"I64", DataType::kInt64},  {"F16", DataType::kFp16},
    {"F32", DataType::kFp32},   {"F64", DataType::kFp64},
    {"BF16", DataType::kBf16},
};

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("the golden examples (sconce/examples.safetensors) are "
                   "damaged: ",
                   what, "; export the model again"));
}

std::optional<DataType> TypeOf(const std::string& name) {
  for (const auto& [text, type] : kTypes) {
    if (text == name) return type;
  }
  return std::nullopt;
}

// Throws Json::exception where a field is missing or of another type.
absl::StatusOr<SafeTensor> ReadTensor(const std::string& name,
                                      const Json& entry,
                                      absl::string_view data) {
  const std::string type_name = entry.at("dtype").get<std::string>();
  const std::optional<DataType> type = TypeOf(type_name);
  if (!type) return Malformed(absl::StrCat("'", name, "' is ", type_name));
  SafeTensor tensor{.type = *type};
  for (const Json& size : entry.at("shape")) {
    tensor.shape.push_back(size.get<int64_t>());
  }
  const auto begin = entry.at("data_offsets").at(0).get<uint64_t>();
  const auto end = entry.at("data_offsets").at(1).get<uint64_t>();
  const auto bytes = ByteCount(*type, tensor.shape);
  if (!bytes || begin > end || end > data.size() ||
      end - begin != static_cast<uint64_t>(*bytes)) {
    return Malformed(absl::StrCat("'", name, "' does not fit its bytes"));
  }
  tensor.bytes = data.substr(begin, end - begin);
  return tensor;
}

absl::StatusOr<std::map<std::string, SafeTensor>> ReadAll(
    const Json& header, absl::string_view data) {
  std::map<std::string, SafeTensor> tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    absl::StatusOr<SafeTensor> tensor = ReadTensor(name, entry, data);
    if (!tensor.ok()) return tensor.status();
    tensors[name] = *std::move(tensor);
  }
  return tensors;
}

}  // namespace

absl::StatusOr<std::map<std::string, SafeTensor>> ReadSafeTensors(
    absl::string_view content) {
  uint64_t header_size = 0;
  if (content.size() < sizeof header_size) return Malformed("it is cut short");
  std::memcpy(&header_size, content.data(), sizeof header_size);
  content.remove_prefix(sizeof header_size);
  if (header_size > content.size()) return Malformed("it is cut short");
  const absl::string_view header = content.substr(0, header_size);
  try {
    return ReadAll(Json::parse(header.begin(), header.end()),
                   content.substr(header_size));
  } catch (const Json::exception&) {
    return Malformed("its header is no valid JSON of this format");
  }
}

}  // namespace sconce
