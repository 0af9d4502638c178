// ConvertModule: the weights of a module in another precision or layout.
#ifndef SERVER_RUNTIME_PRECISION_CONVERSION_H_
#define SERVER_RUNTIME_PRECISION_CONVERSION_H_

#include <c10/core/ScalarType.h>
#include <torch/csrc/jit/api/module.h>

#include "server/core/precision.h"

namespace sconce {

// The floating type that most of the module's weights have; FP32 if it has
// none.
c10::ScalarType WeightsType(const torch::jit::Module& module);

// Converts, where they are and on their own device:
// - for fp16 and bf16, the floating tensors of attributes and of the code's
//   constants. Those without dimensions stay: they change no other tensor's
//   type. Tensors over the same memory stay so.
// - for channels_last, tensors of four dimensions.
// - what a trace has fixed about TF32 in convolutions: allowed for tf32 only.
// Types that the code names are left alone: somebody wanted them there.
// REQUIRES: nothing of it has run, because the executor keeps copies. Throws as
// LibTorch does.
void ConvertModule(const torch::jit::Module& module,
                   const PrecisionSettings& settings);

}  // namespace sconce

#endif  // SERVER_RUNTIME_PRECISION_CONVERSION_H_
