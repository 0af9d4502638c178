#include "server/sources/model_config.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"

#include "inference/model_config.pb.h"
#include "server/base/status_macros.h"

namespace sconce {
namespace {

using Names = absl::Span<const absl::string_view>;

// Fields that are honoured, wholly or by being implied.
constexpr absl::string_view kModelFields[] = {"name",
                                              "platform",
                                              "backend",
                                              "max_batch_size",
                                              "input",
                                              "output",
                                              "version_policy",
                                              "dynamic_batching",
                                              "sequence_batching",
                                              "parameters",
                                              "default_model_filename"};
constexpr absl::string_view kSequenceFields[] = {
    "max_sequence_idle_microseconds", "oldest"};
constexpr absl::string_view kOldestFields[] = {"max_candidate_sequences"};
constexpr absl::string_view kBatching = "sconce.batching";
constexpr absl::string_view kReloadPolicy = "sconce.reload_policy";
constexpr absl::string_view kInputFields[] = {"name", "data_type", "dims",
                                              "optional"};
constexpr absl::string_view kOutputFields[] = {"name", "data_type", "dims"};

// Names each field that is set in `message` and not in `honoured`.
void AddIgnored(const google::protobuf::Message& message,
                const std::string& prefix, Names honoured,
                std::vector<std::string>* ignored) {
  std::vector<const google::protobuf::FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  for (const auto* field : set) {
    if (absl::c_linear_search(honoured, field->name())) continue;
    ignored->push_back(absl::StrCat(prefix, field->name()));
  }
}

std::vector<std::string> IgnoredFields(const inference::ModelConfig& config) {
  std::vector<std::string> ignored;
  AddIgnored(config, "", kModelFields, &ignored);
  // Inside dynamic_batching the defaults are what the server does.
  AddIgnored(config.dynamic_batching(), "dynamic_batching.", {}, &ignored);
  const auto& sequences = config.sequence_batching();
  AddIgnored(sequences, "sequence_batching.", kSequenceFields, &ignored);
  AddIgnored(sequences.oldest(), "sequence_batching.oldest.", kOldestFields,
             &ignored);
  for (const auto& [name, value] : config.parameters()) {
    if (name == kBatching || name == kReloadPolicy) continue;
    ignored.push_back(absl::StrCat("parameters.", name));
  }
  for (const auto& input : config.input()) {
    AddIgnored(input, "input.", kInputFields, &ignored);
  }
  for (const auto& output : config.output()) {
    AddIgnored(output, "output.", kOutputFields, &ignored);
  }
  absl::c_sort(ignored);
  ignored.erase(std::unique(ignored.begin(), ignored.end()), ignored.end());
  return ignored;
}

absl::StatusOr<DataType> ToDataType(inference::DataType type,
                                    const std::string& tensor) {
  const std::string& name = inference::DataType_Name(type);  // TYPE_FP32
  if (type == inference::TYPE_STRING) return DataType::kBytes;
  if (auto parsed = ParseDataType(absl::StripPrefix(name, "TYPE_"))) {
    return *parsed;
  }
  // The text form takes numbers too, also those that have no name.
  return absl::InvalidArgumentError(
      absl::StrCat("config of '", tensor, "': data_type ",
                   name.empty() ? absl::StrCat(static_cast<int>(type)) : name,
                   " is not one of TYPE_BOOL, TYPE_INT8 … TYPE_FP64"));
}

// `Tensor` is ModelInput or ModelOutput.
template <typename Tensor>
absl::StatusOr<TensorSpec> ToSpec(const Tensor& tensor, bool batched) {
  if (tensor.name().empty()) {
    return absl::InvalidArgumentError("config: an input or output has no name");
  }
  // Served without it, the model would see another shape than its author meant.
  if (tensor.has_reshape()) {
    return absl::InvalidArgumentError(
        absl::StrCat("config of '", tensor.name(),
                     "': reshape is not served; declare the model's own dims"));
  }
  TensorSpec spec;
  spec.name = tensor.name();
  ASSIGN_OR_RETURN(spec.type, ToDataType(tensor.data_type(), spec.name));
  spec.type_origin = FactOrigin::kDeclared;
  spec.shape_origin = FactOrigin::kDeclared;
  spec.shape.emplace();
  if (batched) spec.shape->push_back(kAnySize);
  for (int64_t size : tensor.dims()) {
    if (size < kAnySize) {
      return absl::InvalidArgumentError(
          absl::StrCat("config of '", spec.name, "': dims holds ", size,
                       ", expected a size >= 0 or -1 for any"));
    }
    spec.shape->push_back(size);
  }
  return spec;
}

absl::Status ReadBatching(const inference::ModelConfig& config,
                          ServableConfig* servable) {
  using Batching = ServableConfig::Batching;
  servable->max_batch_size = config.max_batch_size();
  const auto found = config.parameters().find(std::string(kBatching));
  if (found == config.parameters().end()) return absl::OkStatus();
  const std::string& value = found->second.string_value();
  if (value == "proven") {
    servable->batching = Batching::kProven;
  } else if (value == "trusted" && config.max_batch_size() > 0) {
    servable->batching = Batching::kTrusted;
  } else if (value == "off") {
    servable->batching = Batching::kOff;
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("config.pbtxt: parameter '", kBatching, "' is '", value,
                     "', expected 'proven', 'off', or, with a max_batch_size, "
                     "'trusted'"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ReloadPolicy> ReadReloadPolicy(
    const inference::ModelConfig& config) {
  const auto found = config.parameters().find(std::string(kReloadPolicy));
  if (found == config.parameters().end()) {
    return ReloadPolicy::kPreserveAvailability;
  }
  const std::string& value = found->second.string_value();
  if (value == "availability") return ReloadPolicy::kPreserveAvailability;
  if (value == "resources") return ReloadPolicy::kPreserveResources;
  return absl::InvalidArgumentError(absl::StrCat(
      "config.pbtxt: parameter '", std::string(kReloadPolicy), "' is '", value,
      "', expected 'availability' or 'resources'"));
}

void ReadSequences(const inference::ModelSequenceBatching& sequences,
                   ServableConfig* servable) {
  if (sequences.max_sequence_idle_microseconds() > 0) {
    constexpr uint64_t kMost = uint64_t{1} << 50;  // 35 years
    servable->max_sequence_idle = std::chrono::microseconds(
        std::min(kMost, sequences.max_sequence_idle_microseconds()));
  }
  if (sequences.oldest().max_candidate_sequences() > 0) {
    servable->max_sequences = sequences.oldest().max_candidate_sequences();
  }
}

VersionPolicy ToVersionPolicy(const inference::ModelVersionPolicy& policy) {
  VersionPolicy result;
  if (policy.has_all()) {
    result.kind = VersionPolicy::Kind::kAll;
  } else if (policy.has_specific()) {
    result.kind = VersionPolicy::Kind::kSpecific;
    result.specific.assign(policy.specific().versions().begin(),
                           policy.specific().versions().end());
  } else if (policy.has_latest() && policy.latest().num_versions() > 0) {
    result.latest = policy.latest().num_versions();
  }
  return result;
}

// Keeps the first syntax error, with its place in the file.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (text_.empty()) {
      text_ = absl::StrCat("line ", line + 1, ", column ", column + 1, ": ",
                           message);
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::StatusOr<inference::ModelConfig> ParseText(const std::string& text) {
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  inference::ModelConfig config;
  if (!parser.ParseFromString(text, &config)) {
    return absl::InvalidArgumentError(
        absl::StrCat("config.pbtxt is not valid: ", error.text()));
  }
  return config;
}

// Triton lets a config leave the archive's name open.
std::string ArchiveFileName(const inference::ModelConfig& config) {
  return config.default_model_filename().empty()
             ? "model.pt"
             : config.default_model_filename();
}

absl::Status CheckValues(const inference::ModelConfig& config,
                         const std::string& model) {
  if (!config.name().empty() && config.name() != model) {
    return absl::InvalidArgumentError(
        absl::StrCat("config.pbtxt names the model '", config.name(),
                     "', but its folder is called '", model, "'"));
  }
  if (config.max_batch_size() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("config.pbtxt: max_batch_size is ",
                     config.max_batch_size(), ", expected >= 0"));
  }
  if (ArchiveFileName(config).find('/') != std::string::npos) {
    return absl::InvalidArgumentError(
        "config.pbtxt: default_model_filename holds a '/', expected a plain "
        "file name");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ModelConfigFile> ParseModelConfig(
    const std::string& text, const std::string& model,
    const ServableConfig& defaults) {
  ASSIGN_OR_RETURN(inference::ModelConfig config, ParseText(text));
  RETURN_IF_ERROR(CheckValues(config, model));
  config.set_name(model);

  ModelConfigFile result;
  result.servable = defaults;
  result.version_policy = ToVersionPolicy(config.version_policy());
  result.archive_file_name = ArchiveFileName(config);
  result.ignored = IgnoredFields(config);
  result.revision = absl::StrCat(std::hash<std::string>()(text));
  ASSIGN_OR_RETURN(result.reload_policy, ReadReloadPolicy(config));
  RETURN_IF_ERROR(ReadBatching(config, &result.servable));
  ReadSequences(config.sequence_batching(), &result.servable);
  const bool batched = config.max_batch_size() > 0;
  for (const auto& input : config.input()) {
    ASSIGN_OR_RETURN(TensorSpec spec, ToSpec(input, batched));
    spec.optional = input.optional();
    result.servable.inputs.push_back(std::move(spec));
  }
  for (const auto& output : config.output()) {
    ASSIGN_OR_RETURN(TensorSpec spec, ToSpec(output, batched));
    result.servable.outputs.push_back(std::move(spec));
  }
  return result;
}

}  // namespace sconce
