// PrecisionPolicy: what surrounds the calls of a method so that it computes in
// its precision.
#ifndef SERVER_RUNTIME_PRECISION_POLICY_H_
#define SERVER_RUNTIME_PRECISION_POLICY_H_

#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <optional>
#include <vector>

#include "server/core/precision.h"

namespace sconce {

// Tensors are converted where they are, by their own device's stream. A plain
// value, immutable once a method has it: thread-safe.
class PrecisionPolicy {
 public:
  // Computes as the module was saved.
  PrecisionPolicy() = default;

  // `weights`: the type of the floating weights before they were converted.
  PrecisionPolicy(const PrecisionSettings& settings, c10::ScalarType weights)
      : settings_(settings), weights_(weights) {}

  // The types of the tensors in what the unconverted method returns, in the
  // order of MapTensors(). Without them, and past their end, outputs in the
  // precision's type are taken for outputs in the weights' one.
  void SetOutputTypes(std::vector<c10::ScalarType> types) {
    output_types_ = std::move(types);
  }

  // What this policy makes of the arguments and the result of a call. Both
  // throw as LibTorch does.
  void ConvertInputs(torch::jit::Stack* stack) const;
  void ConvertOutputs(c10::IValue* value) const;

  // How far answers of the same values may be off when they are computed in
  // another order, as EqualButForRounding() takes it.
  double rounding() const;

  const PrecisionSettings& settings() const { return settings_; }

 private:
  bool ConvertsTypes() const;

  PrecisionSettings settings_;
  c10::ScalarType weights_ = c10::ScalarType::Float;
  std::vector<c10::ScalarType> output_types_;
};

// What a model of `settings` computes in on `device`: TF32 is FP32 on the CPU.
PrecisionSettings PrecisionOn(c10::Device device,
                              const PrecisionSettings& settings);

// The type that weights are converted to, or that autocast converts to.
std::optional<c10::ScalarType> NarrowType(Precision precision);
bool IsAutocast(Precision precision);

// The device of the first tensor among the arguments; the CPU if there is none.
c10::Device DeviceOf(const torch::jit::Stack& stack);

// As long as it lives, operators of the calling thread run as the settings say:
// in an autocast region, and in a turn of the device (PrecisionTurns), for
// which the constructor waits. What the thread had before is in force again
// afterwards.
class PrecisionScope {
 public:
  PrecisionScope(const PrecisionSettings& settings, c10::Device device);
  ~PrecisionScope();
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  void EnterAutocast(c10::ScalarType type);

  const c10::DeviceType device_;
  const bool takes_turns_;
  bool in_autocast_ = false;
  // Of the thread, before.
  bool was_enabled_ = false;
  bool was_cached_ = false;
  c10::ScalarType old_type_ = c10::ScalarType::Undefined;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_PRECISION_POLICY_H_
