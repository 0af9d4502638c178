#include "server/rpc/model_reports.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

#include "server/base/clock.h"
#include "server/base/status_macros.h"
#include "server/core/servable_config.h"
#include "server/rpc/method_target.h"

namespace sconce {
namespace {

// Clients know this name from Triton and KServe.
constexpr char kPlatform[] = "pytorch_libtorch";

// Property of the metadata; server/doc/values.md.
constexpr char kOutputStructure[] = "sconce.output_structure";

// `Request` has name and version.
template <typename Request>
absl::StatusOr<ServableHandle> HandleFor(const Manager& manager,
                                         const Request& request) {
  ASSIGN_OR_RETURN(MethodTarget target,
                   FindTarget(manager, request.name(), request.version()));
  return std::move(target.servable);
}

std::string TypeName(const TensorSpec& spec) {
  return spec.type ? std::string(DataTypeName(*spec.type)) : "";
}

void Describe(const TensorSpec& spec,
              inference::ModelMetadataResponse::TensorMetadata* out) {
  out->set_name(InputPattern(spec));
  out->set_datatype(TypeName(spec));
  if (spec.shape)
    out->mutable_shape()->Add(spec.shape->begin(), spec.shape->end());
}

// `Tensor` is ModelInput or ModelOutput, whose dims leave out the batch.
template <typename Tensor>
void DescribeConfig(const TensorSpec& spec, bool batched, Tensor* out) {
  out->set_name(InputPattern(spec));
  if (spec.type) {
    inference::DataType type = inference::TYPE_INVALID;
    const std::string name = *spec.type == DataType::kBytes
                                 ? "TYPE_STRING"
                                 : absl::StrCat("TYPE_", TypeName(spec));
    inference::DataType_Parse(name, &type);
    out->set_data_type(type);
  }
  if (!spec.shape) return;
  for (size_t i = batched ? 1 : 0; i < spec.shape->size(); ++i) {
    out->add_dims((*spec.shape)[i]);
  }
}

void Set(const DurationSum& sum, inference::StatisticDuration* out) {
  out->set_count(static_cast<uint64_t>(sum.count));
  out->set_ns(static_cast<uint64_t>(sum.nanoseconds));
}

void DescribeBatches(const ServableStats::Snapshot& stats,
                     inference::ModelStatistics* out) {
  for (const auto& [rows, batch] : stats.batches) {
    auto* message = out->add_batch_stats();
    message->set_batch_size(static_cast<uint64_t>(rows));
    Set(batch.input, message->mutable_compute_input());
    Set(batch.infer, message->mutable_compute_infer());
    Set(batch.output, message->mutable_compute_output());
  }
}

void DescribeStatistics(Servable& servable, inference::ModelStatistics* out) {
  const ServableStats::Snapshot stats = servable.telemetry()->stats();
  out->set_name(servable.id().model);
  out->set_version(absl::StrCat(servable.id().version));
  out->set_last_inference(static_cast<uint64_t>(stats.last_inference_unix_ms));
  out->set_inference_count(static_cast<uint64_t>(stats.rows));
  out->set_execution_count(static_cast<uint64_t>(stats.executions));
  auto* sums = out->mutable_inference_stats();
  Set(stats.success, sums->mutable_success());
  Set(stats.fail, sums->mutable_fail());
  Set(stats.queue, sums->mutable_queue());
  Set(stats.compute_input, sums->mutable_compute_input());
  Set(stats.compute_infer, sums->mutable_compute_infer());
  Set(stats.compute_output, sums->mutable_compute_output());
  DescribeBatches(stats, out);
}

uint64_t Microseconds(MonoDuration d) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(d).count());
}

// As a config.pbtxt would say it; defaults that are not the format's, too.
void DescribeQueue(const ServableConfig& config,
                   inference::ModelDynamicBatching* out) {
  for (const int64_t rows : config.preferred_batch_sizes) {
    out->add_preferred_batch_size(static_cast<int32_t>(rows));
  }
  out->set_max_queue_delay_microseconds(Microseconds(config.max_queue_delay));
  out->set_priority_levels(static_cast<uint64_t>(config.priority_levels));
  out->set_default_priority_level(
      static_cast<uint64_t>(config.default_priority_level));
  auto* const policy = out->mutable_default_queue_policy();
  policy->set_default_timeout_microseconds(Microseconds(config.slo));
  policy->set_max_queue_size(static_cast<uint32_t>(config.max_queue_size));
}

void DescribePrecision(const PrecisionSettings& settings,
                       inference::ModelConfig* out) {
  auto& parameters = *out->mutable_parameters();
  parameters["sconce.precision"].set_string_value(
      std::string(PrecisionName(settings.precision)));
  parameters["sconce.memory_format"].set_string_value(
      std::string(MemoryFormatName(settings.memory_format)));
  if (!settings.tolerance) return;
  parameters["sconce.tolerance"].set_string_value(
      absl::StrCat("rtol=", settings.tolerance->relative,
                   " atol=", settings.tolerance->absolute));
}

// Only what a config file says.
void DescribePlacement(const ServableConfig& config,
                       inference::ModelConfig* out) {
  using Kind = Placement::Kind;
  using Graphs = ServableConfig::Graphs;
  if (config.graphs != Graphs::kOff) {
    (*out->mutable_parameters())["sconce.cuda_graphs"].set_string_value(
        config.graphs == Graphs::kOn ? "on" : "auto");
  }
  const Placement& placement = config.placement;
  const bool is_default = placement.kind == Kind::kAuto &&
                          placement.gpus.empty() && placement.count == 0;
  if (is_default) return;
  auto* const group = out->add_instance_group();
  group->set_kind(placement.kind == Kind::kCpu
                      ? inference::ModelInstanceGroup::KIND_CPU
                  : placement.kind == Kind::kGpu
                      ? inference::ModelInstanceGroup::KIND_GPU
                      : inference::ModelInstanceGroup::KIND_AUTO);
  for (const int gpu : placement.gpus) group->add_gpus(gpu);
  group->set_count(placement.count);
}

void AddReadyVersions(const Manager& manager, const std::string& model,
                      inference::ModelMetadataResponse* response) {
  const auto serving = manager.Find(model);
  if (serving == nullptr) return;
  for (const ServableReport& report : serving->Reports()) {
    if (report.state != ServableState::kReady) continue;
    response->add_versions(absl::StrCat(report.id.version));
  }
}

}  // namespace

absl::Status ReportReady(const Manager& manager,
                         const inference::ModelReadyRequest& request,
                         inference::ModelReadyResponse* response) {
  const absl::Status status = HandleFor(manager, request).status();
  response->set_ready(status.ok());
  // As Triton answers: clients ask whether a model is unloaded by this.
  if (absl::IsUnavailable(status) || absl::IsNotFound(status)) {
    return absl::OkStatus();
  }
  return status;
}

absl::Status ReportMetadata(const Manager& manager,
                            const inference::ModelMetadataRequest& request,
                            inference::ModelMetadataResponse* response) {
  ASSIGN_OR_RETURN(const MethodTarget target,
                   FindTarget(manager, request.name(), request.version()));
  const ServableHandle& servable = target.servable;
  ASSIGN_OR_RETURN(const auto signature, servable->signature(target.method));
  response->set_name(request.name());
  response->set_platform(kPlatform);
  AddReadyVersions(manager, servable->id().model, response);
  for (const TensorSpec& spec : signature->inputs) {
    Describe(spec, response->add_inputs());
  }
  for (const TensorSpec& spec : signature->outputs) {
    Describe(spec, response->add_outputs());
  }
  if (!signature->output_structure.empty()) {
    (*response->mutable_properties())[kOutputStructure] =
        signature->output_structure;
  }
  return absl::OkStatus();
}

absl::Status ReportConfig(const Manager& manager,
                          const inference::ModelConfigRequest& request,
                          inference::ModelConfigResponse* response) {
  ASSIGN_OR_RETURN(const MethodTarget target,
                   FindTarget(manager, request.name(), request.version()));
  const ServableHandle& servable = target.servable;
  ASSIGN_OR_RETURN(const auto signature, servable->signature(target.method));
  inference::ModelConfig* config = response->mutable_config();
  config->set_name(request.name());
  config->set_platform(kPlatform);
  config->set_backend("pytorch");
  config->set_max_batch_size(static_cast<int32_t>(signature->max_batch_size));
  const bool batched = signature->max_batch_size > 0;
  if (batched) {
    DescribeQueue(servable->config(), config->mutable_dynamic_batching());
  }
  auto& parameters = *config->mutable_parameters();
  parameters["sconce.batching_verdict"].set_string_value(
      servable->batching(target.method).text);
  parameters["sconce.weight"].set_string_value(
      absl::StrCat(servable->config().weight));
  DescribePrecision(servable->config().precision, config);
  DescribePlacement(servable->config(), config);
  for (const TensorSpec& spec : signature->inputs) {
    auto* input = config->add_input();
    DescribeConfig(spec, batched, input);
    input->set_optional(spec.optional);
  }
  for (const TensorSpec& spec : signature->outputs) {
    DescribeConfig(spec, batched, config->add_output());
  }
  return absl::OkStatus();
}

absl::Status ReportStatistics(const Manager& manager,
                              const inference::ModelStatisticsRequest& request,
                              inference::ModelStatisticsResponse* response) {
  std::string version = request.version();
  if (!request.name().empty()) {  // says what is wrong with name or version
    ASSIGN_OR_RETURN(const auto servable, HandleFor(manager, request));
    // That of an alias.
    if (!version.empty()) version = absl::StrCat(servable->id().version);
  }
  for (const ServableReport& report : manager.Index()) {
    if (!request.name().empty() && request.name() != report.id.model) continue;
    if (!version.empty() && version != absl::StrCat(report.id.version)) {
      continue;
    }
    const auto servable = manager.GetHandle(report.id.model, report.id.version);
    if (servable.ok()) {
      DescribeStatistics(**servable, response->add_model_stats());
    }
  }
  return absl::OkStatus();
}

}  // namespace sconce
