#include "server/runtime/precision_policy.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/Dict.h>
#include <ATen/core/List.h>

#include <utility>

#include "server/runtime/precision_turns.h"
#include "server/runtime/tensor_comparison.h"
#include "server/runtime/value_tensors.h"

namespace sconce {
namespace {

constexpr int64_t kImageDimensions = 4;

// Of the first tensor. A list of scalars may be long and is not walked through.
std::optional<c10::Device> FindDevice(const c10::IValue& value) {
  if (value.isTensor()) {
    if (!value.toTensor().defined()) return std::nullopt;
    return value.toTensor().device();
  }
  if (value.isTuple()) {
    for (const c10::IValue& element : value.toTupleRef().elements()) {
      if (const auto device = FindDevice(element)) return device;
    }
  } else if (value.isTensorList()) {
    const auto tensors = value.toTensorList();
    if (!tensors.empty()) return FindDevice(tensors.get(0));
  } else if (value.isGenericDict()) {
    const auto entries = value.toGenericDict();
    if (!entries.empty()) return FindDevice(entries.begin()->value());
  }
  return std::nullopt;
}

}  // namespace

PrecisionSettings PrecisionOn(c10::Device device,
                              const PrecisionSettings& settings) {
  PrecisionSettings effective = settings;
  if (device.is_cpu() && settings.precision == Precision::kTf32) {
    effective.precision = Precision::kFp32;
  }
  return effective;
}

std::optional<c10::ScalarType> NarrowType(Precision precision) {
  switch (precision) {
    case Precision::kFp16:
    case Precision::kAutocastFp16:
      return c10::ScalarType::Half;
    case Precision::kBf16:
    case Precision::kAutocastBf16:
      return c10::ScalarType::BFloat16;
    default:
      return std::nullopt;
  }
}

bool IsAutocast(Precision precision) {
  return precision == Precision::kAutocastFp16 ||
         precision == Precision::kAutocastBf16;
}

c10::Device DeviceOf(const torch::jit::Stack& stack) {
  for (const c10::IValue& value : stack) {
    if (const auto device = FindDevice(value)) return *device;
  }
  return c10::Device(c10::kCPU);
}

bool PrecisionPolicy::ConvertsTypes() const {
  return NarrowType(settings_.precision) && !IsAutocast(settings_.precision);
}

void PrecisionPolicy::ConvertInputs(torch::jit::Stack* stack) const {
  const bool types = ConvertsTypes();
  const bool formats = settings_.memory_format == MemoryFormat::kChannelsLast;
  if (!types && !formats) return;
  const auto convert = [&](const at::Tensor& tensor) {
    at::Tensor made = tensor;
    if (types && tensor.is_floating_point()) {
      made = made.to(*NarrowType(settings_.precision));
    }
    if (formats && tensor.dim() == kImageDimensions) {
      made = made.contiguous(at::MemoryFormat::ChannelsLast);
    }
    return made;
  };
  for (c10::IValue& value : *stack) {
    if (!value.isObject()) value = MapTensors(value, convert);
  }
}

void PrecisionPolicy::ConvertOutputs(c10::IValue* value) const {
  const auto narrow = NarrowType(settings_.precision);
  if (!narrow) return;
  size_t index = 0;
  *value = MapTensors(*value, [&](const at::Tensor& tensor) {
    const size_t i = index++;
    if (!tensor.is_floating_point()) return tensor;
    if (i >= output_types_.size()) {
      return tensor.scalar_type() == *narrow ? tensor.to(weights_) : tensor;
    }
    return c10::isFloatingType(output_types_[i]) ? tensor.to(output_types_[i])
                                                 : tensor;
  });
}

double PrecisionPolicy::rounding() const {
  return settings_.precision == Precision::kFp32 ? kFullRounding
                                                 : kHalfRounding;
}

PrecisionScope::PrecisionScope(const PrecisionSettings& settings,
                               c10::Device device)
    : device_(device.type()), takes_turns_(!device.is_cpu()) {
  if (takes_turns_) {
    PrecisionTurns::OfProcess()->Enter(settings.precision == Precision::kTf32);
  }
  if (IsAutocast(settings.precision)) {
    EnterAutocast(*NarrowType(settings.precision));
  }
}

void PrecisionScope::EnterAutocast(c10::ScalarType type) {
  in_autocast_ = true;
  was_enabled_ = at::autocast::is_autocast_enabled(device_);
  was_cached_ = at::autocast::is_autocast_cache_enabled();
  old_type_ = at::autocast::get_autocast_dtype(device_);
  at::autocast::set_autocast_dtype(device_, type);
  at::autocast::set_autocast_enabled(device_, true);
  // The cache of converted weights is all threads' and keeps what it holds.
  at::autocast::set_autocast_cache_enabled(false);
}

PrecisionScope::~PrecisionScope() {
  if (in_autocast_) {
    at::autocast::set_autocast_cache_enabled(was_cached_);
    at::autocast::set_autocast_enabled(device_, was_enabled_);
    at::autocast::set_autocast_dtype(device_, old_type_);
  }
  if (takes_turns_) PrecisionTurns::OfProcess()->Leave();
}

}  // namespace sconce
