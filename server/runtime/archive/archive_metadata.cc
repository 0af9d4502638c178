#include "server/runtime/archive/archive_metadata.h"

#include <nlohmann/json.hpp>

#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/runtime/archive/file_kind.h"
#include "server/runtime/archive/safetensors.h"
#include "server/tensor/strings.h"

namespace sconce {
namespace {

using Json = nlohmann::ordered_json;
using Tensors = std::map<std::string, SafeTensor>;

constexpr char kDocument[] = "extra/sconce/model.json";
constexpr char kTensors[] = "extra/sconce/examples.safetensors";
constexpr int64_t kVersion = 1;

// The limits that models/doc/metadata.md names.
constexpr uint64_t kMaxDocumentBytes = uint64_t{16} << 20;
constexpr uint64_t kMaxTensorBytes = uint64_t{1} << 30;

// Every answer about the model carries it.
constexpr size_t kMaxStructureBytes = size_t{64} << 10;

// JSON is parsed recursively; the format nests at most 64 structures.
constexpr int kMaxDepth = 200;

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("the metadata (sconce/model.json) is not valid: ", what,
                   "; export the model again"));
}

// The functions below throw Json::exception where a field is missing or has
// another type than the format says.

MetadataValue ReadValue(const Json& json) {
  MetadataValue value{.name = json.at("name").get<std::string>(),
                      .is_tensor = json.at("kind") == "tensor"};
  if (!value.is_tensor) return value;
  value.type = ParseDataType(json.at("dtype").get<std::string>());
  if (!json.contains("shape") || json.at("shape").is_null()) return value;
  value.shape.emplace();
  for (const Json& size : json.at("shape")) {
    value.shape->push_back(size.is_string() ? kAnySize : size.get<int64_t>());
  }
  return value;
}

MetadataMethod ReadMethod(const Json& json) {
  MetadataMethod method;
  for (const Json& value : json.at("inputs")) {
    method.inputs.push_back(ReadValue(value));
  }
  for (const Json& value : json.at("outputs")) {
    method.outputs.push_back(ReadValue(value));
  }
  const Json structure = json.value("output_structure", Json::object());
  if (!structure.empty()) method.output_structure = structure.dump();
  if (method.output_structure.size() > kMaxStructureBytes) {
    method.output_structure.clear();
  }
  return method;
}

template <typename T>
std::string BytesOf(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

double ReadFloat(const Json& json) {
  if (!json.is_object()) return json.get<double>();
  const std::string text = json.at("float").get<std::string>();
  const double infinity = std::numeric_limits<double>::infinity();
  if (text == "inf") return infinity;
  if (text == "-inf") return -infinity;
  return std::numeric_limits<double>::quiet_NaN();
}

// A scalar as a tensor of one element.
GoldenTensor ReadScalar(const std::string& name, const Json& json) {
  GoldenTensor tensor{.name = name, .shape = Shape{1}};
  if (json.is_boolean()) {
    tensor.type = DataType::kBool;
    tensor.bytes = BytesOf(json.get<bool>());
  } else if (json.is_number_integer()) {
    tensor.type = DataType::kInt64;
    tensor.bytes = BytesOf(json.get<int64_t>());
  } else if (json.is_string()) {
    std::vector<uint8_t> packed;
    AppendString(json.get<std::string>(), &packed);
    tensor.type = DataType::kBytes;
    tensor.bytes.assign(packed.begin(), packed.end());
  } else {
    tensor.type = DataType::kFp64;
    tensor.bytes = BytesOf(ReadFloat(json));
  }
  return tensor;
}

absl::StatusOr<std::vector<GoldenTensor>> ReadGolden(const Json& json,
                                                     const Tensors& tensors) {
  std::vector<GoldenTensor> golden;
  for (const auto& [name, entry] : json.items()) {
    if (!entry.contains("tensor")) {
      // A null stands for an input that was left out.
      if (entry.at("value").is_null()) continue;
      golden.push_back(ReadScalar(name, entry.at("value")));
      continue;
    }
    const auto key = entry.at("tensor").get<std::string>();
    const auto found = tensors.find(key);
    if (found == tensors.end()) {
      return Malformed(absl::StrCat("there is no tensor '", key, "'"));
    }
    golden.push_back({name, found->second.type, found->second.shape,
                      std::string(found->second.bytes)});
  }
  return golden;
}

absl::StatusOr<GoldenExample> ReadExample(const Json& json,
                                          const Tensors& tensors) {
  GoldenExample example{.name = json.at("name").get<std::string>(),
                        .method = json.at("method").get<std::string>()};
  ASSIGN_OR_RETURN(example.inputs, ReadGolden(json.at("inputs"), tensors));
  ASSIGN_OR_RETURN(example.outputs, ReadGolden(json.at("outputs"), tensors));
  return example;
}

void ReadTolerances(const Json& json, ArchiveMetadata* metadata) {
  for (const auto& [name, allowed] : json.items()) {
    if (const auto type = ParseDataType(name)) {
      metadata->tolerances[*type] = {allowed.at("rtol").get<double>(),
                                     allowed.at("atol").get<double>()};
    }
  }
}

absl::StatusOr<ArchiveMetadata> ReadDocument(const Json& json,
                                             const Tensors& tensors) {
  if (json.at("format") != "sconce.model") return Malformed("'format'");
  if (json.at("version").get<int64_t>() > kVersion) {
    return Malformed(absl::StrCat("its version is ", json.at("version").dump(),
                                  ", this server reads up to ", kVersion));
  }
  ArchiveMetadata metadata;
  for (const auto& [name, method] : json.at("methods").items()) {
    metadata.methods[name] = ReadMethod(method);
  }
  ReadTolerances(json.value("tolerances", Json::object()), &metadata);
  metadata.mismatches = json.value("mismatches", std::vector<std::string>());
  for (const Json& entry : json.value("examples", Json::array())) {
    ASSIGN_OR_RETURN(GoldenExample example, ReadExample(entry, tensors));
    metadata.examples.push_back(std::move(example));
  }
  return metadata;
}

// Stops the parser before its recursion gets deep.
bool IsShallow(int depth, Json::parse_event_t, Json&) {
  if (depth > kMaxDepth) throw std::length_error("too deep");
  return true;
}

}  // namespace

absl::StatusOr<std::optional<ArchiveMetadata>> ReadArchiveMetadata(
    const ZipArchive& archive) {
  const ZipRecord* const document = archive.Find(kDocument);
  if (document == nullptr) return std::optional<ArchiveMetadata>();
  ASSIGN_OR_RETURN(const std::string text,
                   archive.Read(*document, kMaxDocumentBytes));
  std::string content;
  Tensors tensors;
  if (const ZipRecord* const record = archive.Find(kTensors)) {
    ASSIGN_OR_RETURN(content, archive.Read(*record, kMaxTensorBytes));
    ASSIGN_OR_RETURN(tensors, ReadSafeTensors(content));
  }
  try {
    ASSIGN_OR_RETURN(ArchiveMetadata metadata,
                     ReadDocument(Json::parse(text, IsShallow), tensors));
    return std::optional<ArchiveMetadata>(std::move(metadata));
  } catch (const std::exception& error) {
    return Malformed(error.what());
  }
}

std::vector<std::string> InputNames(const MetadataMethod& method) {
  std::vector<std::string> names;
  for (const MetadataValue& input : method.inputs) names.push_back(input.name);
  return names;
}

absl::StatusOr<GoldenExamples> ReadGoldenExamples(const std::string& path) {
  ASSIGN_OR_RETURN(const ZipArchive archive, OpenTorchScript(path));
  ASSIGN_OR_RETURN(std::optional<ArchiveMetadata> metadata,
                   ReadArchiveMetadata(archive));
  GoldenExamples golden;
  if (!metadata) return golden;
  golden.examples = std::move(metadata->examples);
  golden.tolerances = std::move(metadata->tolerances);
  golden.are_right = metadata->mismatches.empty();
  for (const auto& [name, method] : metadata->methods) {
    golden.inputs[name] = InputNames(method);
  }
  return golden;
}

}  // namespace sconce
