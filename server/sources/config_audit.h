// Audit of a ModelConfig: which of the fields that are set do nothing here.
#ifndef SERVER_SOURCES_CONFIG_AUDIT_H_
#define SERVER_SOURCES_CONFIG_AUDIT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "inference/model_config.pb.h"

namespace sconce {

// Parameters of a model that the server honours.
// What ModelConfig tells, and takes back without effect.
inline constexpr absl::string_view kVerdictParameter =
    "sconce.batching_verdict";
inline constexpr absl::string_view kBatchingParameter = "sconce.batching";
inline constexpr absl::string_view kGraphsParameter = "sconce.cuda_graphs";
inline constexpr absl::string_view kPaddingParameter = "sconce.padding";
inline constexpr absl::string_view kWeightParameter = "sconce.weight";
inline constexpr absl::string_view kReloadPolicyParameter =
    "sconce.reload_policy";
inline constexpr absl::string_view kPrecisionParameter = "sconce.precision";
inline constexpr absl::string_view kMemoryFormatParameter =
    "sconce.memory_format";
inline constexpr absl::string_view kToleranceParameter = "sconce.tolerance";

// The fields and parameters that are set and not honoured, by their dotted
// names ("instance_group.count", "parameters.INFERENCE_MODE"), each once.
// INVALID_ARGUMENT: one that must not be ignored, or an unknown parameter
// whose name begins with "sconce.".
absl::StatusOr<std::vector<std::string>> IgnoredFields(
    const inference::ModelConfig& config);

}  // namespace sconce

#endif  // SERVER_SOURCES_CONFIG_AUDIT_H_
