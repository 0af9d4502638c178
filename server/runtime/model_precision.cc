#include "server/runtime/model_precision.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/runtime/precision_conversion.h"
#include "server/runtime/torch_error.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

bool HasExample(const ArchiveMetadata* metadata, absl::string_view method) {
  return metadata != nullptr && metadata->mismatches.empty() &&
         std::any_of(metadata->examples.begin(), metadata->examples.end(),
                     [&](const GoldenExample& example) {
                       return example.method == method;
                     });
}

// What a setting that does nothing on `device` is said to do.
PrecisionSettings SettingsOn(c10::Device device, const ServableSpec& spec) {
  const PrecisionSettings& wanted = spec.config.precision;
  const PrecisionSettings effective = PrecisionOn(device, wanted);
  if (effective.precision != wanted.precision) {
    LogWarning("sconce.precision does nothing on this device",
               {{"model", spec.id.model},
                {"device", device.str()},
                {"value", PrecisionName(wanted.precision)},
                {"in_force", PrecisionName(effective.precision)}});
  }
  return effective;
}

}  // namespace

absl::StatusOr<ModelPrecision> ModelPrecision::Apply(
    const ServableSpec& spec, c10::Device device,
    const ArchiveMetadata* metadata, const torch::jit::Module& module,
    const std::vector<at::Tensor>& examples) {
  ModelPrecision made(spec.id, SettingsOn(device, spec));
  // A device computes in TF32 where a trace says so, whatever the settings.
  if (made.settings_.AreDefault() && device.is_cpu()) return made;
  if (metadata != nullptr) {
    for (const auto& [name, method] : metadata->methods) {
      made.output_types_[name] = OutputTypes(method);
    }
  }
  if (!made.settings_.AreDefault() && !HasExample(metadata, "forward")) {
    made.proof_ = PrecisionProof::Of(module, examples);
    const auto types = made.proof_.types();
    if (!types.empty()) made.output_types_["forward"] = types;
  }
  RETURN_IF_ERROR(TorchCall([&] {
    made.weights_ = WeightsType(module);
    ConvertModule(module, made.settings_);
  }));
  return made;
}

PrecisionPolicy ModelPrecision::PolicyFor(const std::string& method) const {
  PrecisionPolicy policy(settings_, weights_);
  const auto types = output_types_.find(method);
  if (types != output_types_.end()) policy.SetOutputTypes(types->second);
  return policy;
}

absl::Status ModelPrecision::Check(const OptimizedModule& optimized) {
  // A module that changes itself must stay as it was loaded.
  const torch::jit::Module module =
      optimized.changed.empty() ? optimized.module : optimized.module.clone();
  ASSIGN_OR_RETURN(deviation_, proof_.Compare(module, PolicyFor("forward")));
  proof_ = {};
  return absl::OkStatus();
}

void ModelPrecision::WarnUnproven() const {
  if (settings_.AreDefault()) return;
  LogWarning(
      "THE PRECISION IS UNPROVEN: no golden example was compared; export the "
      "model with examples",
      {{"model", id_.model},
       {"precision", PrecisionName(settings_.precision)},
       {"memory_format", MemoryFormatName(settings_.memory_format)},
       {"off_on_random_inputs",
        deviation_ ? absl::StrCat(deviation_->absolute, ", ",
                                  deviation_->relative, " of the largest value")
                   : std::string("not known")}});
}

ServableConfig ModelPrecision::InForce(ServableConfig config) const {
  config.precision = settings_;
  return config;
}

}  // namespace sconce
