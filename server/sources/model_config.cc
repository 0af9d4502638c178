#include "server/sources/model_config.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "inference/model_config.pb.h"
#include "server/base/status_macros.h"
#include "server/sources/config_audit.h"
#include "server/sources/config_text.h"
#include "server/sources/padding_text.h"
#include "server/sources/placement_config.h"
#include "server/sources/precision_text.h"

namespace sconce {
namespace {

absl::StatusOr<DataType> ToDataType(inference::DataType type,
                                    const std::string& tensor) {
  const std::string& name = inference::DataType_Name(type);  // TYPE_FP32
  if (type == inference::TYPE_STRING) return DataType::kBytes;
  if (auto parsed = ParseDataType(absl::StripPrefix(name, "TYPE_"))) {
    return *parsed;
  }
  // The text form takes numbers too, also those that have no name.
  return absl::InvalidArgumentError(
      absl::StrCat("'", tensor, "': data_type ",
                   name.empty() ? absl::StrCat(static_cast<int>(type)) : name,
                   " is not one of TYPE_BOOL, TYPE_INT8 … TYPE_FP64"));
}

// `Tensor` is ModelInput or ModelOutput.
template <typename Tensor>
absl::StatusOr<TensorSpec> ToSpec(const Tensor& tensor, bool batched) {
  if (tensor.name().empty()) {
    return absl::InvalidArgumentError("an input or output has no name");
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
          absl::StrCat("'", spec.name, "': dims holds ", size,
                       ", expected a size >= 0 or -1 for any"));
    }
    spec.shape->push_back(size);
  }
  return spec;
}

// The text of the parameter `name`; nothing if it is not set.
std::optional<std::string> FindParameter(const inference::ModelConfig& config,
                                         absl::string_view name) {
  const auto found = config.parameters().find(std::string(name));
  if (found == config.parameters().end()) return std::nullopt;
  return found->second.string_value();
}

absl::Status BadParameter(absl::string_view name, absl::string_view value,
                          absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(
      "parameter '", name, "' is '", value, "', expected ", expected));
}

absl::Status ReadBatching(const inference::ModelConfig& config,
                          ServableConfig* servable) {
  using Batching = ServableConfig::Batching;
  servable->max_batch_size = config.max_batch_size();
  const auto value = FindParameter(config, kBatchingParameter);
  if (!value) return absl::OkStatus();
  if (*value == "proven") {
    servable->batching = Batching::kProven;
  } else if (*value == "trusted" && config.max_batch_size() > 0) {
    servable->batching = Batching::kTrusted;
  } else if (*value == "off") {
    servable->batching = Batching::kOff;
  } else {
    return BadParameter(
        kBatchingParameter, *value,
        "'proven', 'off', or, with a max_batch_size, 'trusted'");
  }
  return absl::OkStatus();
}

// REQUIRES: the tensors have been read.
absl::Status ReadPadding(const inference::ModelConfig& config,
                         ServableConfig* servable) {
  const auto text = FindParameter(config, kPaddingParameter);
  if (!text) return absl::OkStatus();
  ASSIGN_OR_RETURN(servable->padding, ParsePadding(*text, *servable));
  return absl::OkStatus();
}

absl::StatusOr<ReloadPolicy> ReadReloadPolicy(
    const inference::ModelConfig& config) {
  const auto value = FindParameter(config, kReloadPolicyParameter);
  if (!value || *value == "availability") {
    return ReloadPolicy::kPreserveAvailability;
  }
  if (*value == "resources") return ReloadPolicy::kPreserveResources;
  return BadParameter(kReloadPolicyParameter, *value,
                      "'availability' or 'resources'");
}

absl::Status ReadGraphs(const inference::ModelConfig& config,
                        ServableConfig* servable) {
  using Graphs = ServableConfig::Graphs;
  const auto value = FindParameter(config, kGraphsParameter);
  if (!value || *value == "off") return absl::OkStatus();
  if (*value != "auto" && *value != "on") {
    return BadParameter(kGraphsParameter, *value, "'off', 'auto' or 'on'");
  }
  servable->graphs = *value == "on" ? Graphs::kOn : Graphs::kAuto;
  return absl::OkStatus();
}

absl::Status ReadWeight(const inference::ModelConfig& config,
                        ServableConfig* servable) {
  constexpr int64_t kMostWeight = 1000;
  const auto value = FindParameter(config, kWeightParameter);
  if (!value) return absl::OkStatus();
  int64_t weight = 0;
  if (!absl::SimpleAtoi(*value, &weight) || weight < 1 ||
      weight > kMostWeight) {
    return BadParameter(kWeightParameter, *value,
                        absl::StrCat("an integer from 1 to ", kMostWeight));
  }
  servable->weight = weight;
  return absl::OkStatus();
}

absl::Status ReadPrecision(const inference::ModelConfig& config,
                           PrecisionSettings* settings) {
  if (const auto name = FindParameter(config, kPrecisionParameter)) {
    const auto precision = ParsePrecision(*name);
    if (!precision) {
      return BadParameter(kPrecisionParameter, *name,
                          "'fp32', 'tf32', 'fp16', 'bf16', 'autocast_fp16' or "
                          "'autocast_bf16'");
    }
    settings->precision = *precision;
  }
  if (const auto name = FindParameter(config, kMemoryFormatParameter)) {
    const auto format = ParseMemoryFormat(*name);
    if (!format) {
      return BadParameter(kMemoryFormatParameter, *name,
                          "'contiguous' or 'channels_last'");
    }
    settings->memory_format = *format;
  }
  if (const auto text = FindParameter(config, kToleranceParameter)) {
    settings->tolerance = ParseTolerance(*text);
    if (!settings->tolerance) {
      return BadParameter(kToleranceParameter, *text,
                          "'rtol=<number> atol=<number>', both from 0 on");
    }
  }
  return absl::OkStatus();
}

// Longer times mean no limit for any practical purpose.
constexpr uint64_t kMostMicroseconds = uint64_t{1} << 50;  // 35 years

MonoDuration Microseconds(uint64_t value) {
  return std::chrono::microseconds(std::min(kMostMicroseconds, value));
}

absl::Status ReadPriorities(const inference::ModelDynamicBatching& batching,
                            ServableConfig* servable) {
  constexpr uint64_t kMostLevels = 1'000'000;
  const uint64_t levels = batching.priority_levels();
  const uint64_t normal = batching.default_priority_level();
  if (levels > kMostLevels) {
    return absl::InvalidArgumentError(
        absl::StrCat("dynamic_batching.priority_levels is ", levels,
                     ", expected at most ", kMostLevels));
  }
  if (levels > 0 ? normal < 1 || normal > levels : normal > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("dynamic_batching.default_priority_level is ", normal,
                     ", expected one of the priority_levels, 1 to ", levels));
  }
  servable->priority_levels = static_cast<int64_t>(levels);
  servable->default_priority_level = static_cast<int64_t>(normal);
  return absl::OkStatus();
}

absl::Status ReadPreferredSizes(const inference::ModelDynamicBatching& batching,
                                ServableConfig* servable) {
  for (int32_t size : batching.preferred_batch_size()) {
    if (size < 1 || size > servable->max_batch_size) {
      return absl::InvalidArgumentError(
          absl::StrCat("dynamic_batching.preferred_batch_size holds ", size,
                       ", expected rows between 1 and the max_batch_size, ",
                       servable->max_batch_size));
    }
    servable->preferred_batch_sizes.push_back(size);
  }
  std::sort(servable->preferred_batch_sizes.begin(),
            servable->preferred_batch_sizes.end());
  return absl::OkStatus();
}

absl::Status ReadQueue(const inference::ModelDynamicBatching& batching,
                       ServableConfig* servable) {
  const inference::ModelQueuePolicy& policy = batching.default_queue_policy();
  if (policy.max_queue_size() > 0) {
    servable->max_queue_size = policy.max_queue_size();
  }
  servable->slo = Microseconds(policy.default_timeout_microseconds());
  servable->max_queue_delay =
      Microseconds(batching.max_queue_delay_microseconds());
  RETURN_IF_ERROR(ReadPreferredSizes(batching, servable));
  return ReadPriorities(batching, servable);
}

void ReadSequences(const inference::ModelSequenceBatching& sequences,
                   ServableConfig* servable) {
  if (sequences.max_sequence_idle_microseconds() > 0) {
    servable->max_sequence_idle =
        Microseconds(sequences.max_sequence_idle_microseconds());
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

// Triton lets a config leave the archive's name open.
std::string ArchiveFileName(const inference::ModelConfig& config) {
  return config.default_model_filename().empty()
             ? "model.pt"
             : config.default_model_filename();
}

absl::Status CheckValues(const inference::ModelConfig& config,
                         const std::string& model) {
  if (!model.empty() && !config.name().empty() && config.name() != model) {
    return absl::InvalidArgumentError(
        absl::StrCat("the name is '", config.name(),
                     "', but the model's folder is called '", model, "'"));
  }
  if (config.max_batch_size() < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "max_batch_size is ", config.max_batch_size(), ", expected >= 0"));
  }
  if (ArchiveFileName(config).find('/') != std::string::npos) {
    return absl::InvalidArgumentError(
        "default_model_filename holds a '/', expected a plain file name");
  }
  return absl::OkStatus();
}

absl::Status ReadTensors(const inference::ModelConfig& config,
                         ServableConfig* servable) {
  const bool batched = config.max_batch_size() > 0;
  for (const auto& input : config.input()) {
    ASSIGN_OR_RETURN(TensorSpec spec, ToSpec(input, batched));
    spec.optional = input.optional();
    servable->inputs.push_back(std::move(spec));
  }
  for (const auto& output : config.output()) {
    ASSIGN_OR_RETURN(TensorSpec spec, ToSpec(output, batched));
    servable->outputs.push_back(std::move(spec));
  }
  return absl::OkStatus();
}

absl::StatusOr<ModelConfigFile> Read(const inference::ModelConfig& config,
                                     const std::string& model,
                                     const ServableConfig& defaults) {
  RETURN_IF_ERROR(CheckValues(config, model));
  ModelConfigFile result;
  result.name = config.name();
  ASSIGN_OR_RETURN(result.ignored, IgnoredFields(config));
  result.servable = defaults;
  result.version_policy = ToVersionPolicy(config.version_policy());
  result.archive_file_name = ArchiveFileName(config);
  ASSIGN_OR_RETURN(result.reload_policy, ReadReloadPolicy(config));
  RETURN_IF_ERROR(ReadBatching(config, &result.servable));
  RETURN_IF_ERROR(ReadWeight(config, &result.servable));
  RETURN_IF_ERROR(ReadGraphs(config, &result.servable));
  RETURN_IF_ERROR(ReadPrecision(config, &result.servable.precision));
  ReadSequences(config.sequence_batching(), &result.servable);
  ASSIGN_OR_RETURN(result.servable.placement, ReadPlacement(config));
  RETURN_IF_ERROR(ReadQueue(config.dynamic_batching(), &result.servable));
  RETURN_IF_ERROR(ReadTensors(config, &result.servable));
  RETURN_IF_ERROR(ReadPadding(config, &result.servable));
  return result;
}

// `source` is what the message calls the text.
absl::StatusOr<ModelConfigFile> ReadFrom(
    absl::string_view source, const std::string& text,
    const absl::StatusOr<inference::ModelConfig>& config,
    const std::string& model, const ServableConfig& defaults) {
  absl::StatusOr<ModelConfigFile> result =
      config.ok() ? Read(*config, model, defaults) : config.status();
  if (!result.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(source, ": ", result.status().message()));
  }
  result->revision = absl::StrCat(std::hash<std::string>()(text));
  return result;
}

}  // namespace

absl::StatusOr<ModelConfigFile> ParseModelConfig(
    const std::string& text, const std::string& model,
    const ServableConfig& defaults) {
  return ReadFrom("config.pbtxt", text, ModelConfigOfText(text), model,
                  defaults);
}

absl::StatusOr<ModelConfigFile> ParseModelConfigJson(
    const std::string& text, const std::string& model,
    const ServableConfig& defaults) {
  if (text.size() > kMostConfigBytes) {
    return absl::InvalidArgumentError(absl::StrCat("config: has ", text.size(),
                                                   " bytes, expected at most ",
                                                   kMostConfigBytes));
  }
  return ReadFrom("config", text, ModelConfigOfJson(text), model, defaults);
}

}  // namespace sconce
