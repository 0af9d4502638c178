// PrecisionSettings: in which numbers a model computes, and how they lie in
// memory.
#ifndef SERVER_CORE_PRECISION_H_
#define SERVER_CORE_PRECISION_H_

#include <optional>

#include "absl/strings/string_view.h"

#include "server/tensor/golden_example.h"

namespace sconce {

enum class Precision {
  kFp32,          // as the model was saved
  kTf32,          // products and convolutions of FP32 with 10 bits; a device's
  kFp16,          // weights and inputs are converted
  kBf16,          // likewise
  kAutocastFp16,  // each operator's inputs are, where PyTorch's autocast does
  kAutocastBf16,  // likewise
};

enum class MemoryFormat { kContiguous, kChannelsLast };

// Whatever they are, clients send and get the types of the model that was
// saved.
struct PrecisionSettings {
  Precision precision = Precision::kFp32;
  MemoryFormat memory_format = MemoryFormat::kContiguous;
  // How far golden examples may be off; nothing: DefaultTolerance().
  std::optional<Tolerance> tolerance;

  // Whether the model computes as it was saved.
  bool AreDefault() const {
    return precision == Precision::kFp32 &&
           memory_format == MemoryFormat::kContiguous;
  }
};

// As a model's configuration names them: "autocast_bf16", "channels_last".
absl::string_view PrecisionName(Precision precision);
absl::string_view MemoryFormatName(MemoryFormat format);
std::optional<Precision> ParsePrecision(absl::string_view name);
std::optional<MemoryFormat> ParseMemoryFormat(absl::string_view name);

// How far a sound model may be off in `precision`: so much of each value, and
// so much of the output's largest one. 0 for kFp32: the archive tells.
// doc/model_config.md has the measurements.
double DefaultTolerance(Precision precision);

}  // namespace sconce

#endif  // SERVER_CORE_PRECISION_H_
