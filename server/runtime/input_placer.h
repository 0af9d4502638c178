// InputPlacer: where the inputs of a batch are gathered.
#ifndef SERVER_RUNTIME_INPUT_PLACER_H_
#define SERVER_RUNTIME_INPUT_PLACER_H_

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>
#include <c10/util/ArrayRef.h>

#include <cstdint>

namespace sconce {

// One batch's. One thread at a time.
class InputPlacer {
 public:
  // What the method is called with, and the host's memory that its bytes are
  // to be written to before the call; with LibTorch's CPU they are the same.
  struct Place {
    at::Tensor tensor;
    uint8_t* bytes;
  };

  virtual ~InputPlacer() = default;

  // Throws as LibTorch does when memory is short.
  virtual Place Add(c10::IntArrayRef sizes, c10::ScalarType type) = 0;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_INPUT_PLACER_H_
