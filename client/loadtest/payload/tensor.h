// Tensor: values that a payload is made of, or that an answer should have.
#ifndef CLIENT_LOADTEST_PAYLOAD_TENSOR_H_
#define CLIENT_LOADTEST_PAYLOAD_TENSOR_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"

#include "sconce/tensor_view.h"

namespace sconce::load {

struct Tensor {
  DataType type = DataType::kFp32;
  Shape shape;
  std::string bytes;  // as on the wire: row-major, little-endian

  // Refers to `bytes`.
  TensorView view() const;
};

using TensorsByName = std::map<std::string, Tensor>;

// In the order of the model's inputs.
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

// What fits one message, with room for its head.
inline constexpr int64_t kMaxTensorBytes = (int64_t{1} << 31) - (1 << 20);

// The product of the sizes. Nothing when one is negative or the product is
// beyond kMaxTensorBytes.
std::optional<int64_t> ElementsOf(absl::Span<const int64_t> shape);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_TENSOR_H_
