#include "client/loadtest/payload/tensor.h"

#include <algorithm>

namespace sconce::load {

TensorView Tensor::view() const {
  return {type, shape,
          absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()),
                              bytes.size())};
}

std::optional<int64_t> ElementsOf(absl::Span<const int64_t> shape) {
  const auto negative = [](int64_t size) { return size < 0; };
  if (std::any_of(shape.begin(), shape.end(), negative)) return std::nullopt;
  // First, so that the others may be large beside it.
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  int64_t elements = 1;
  for (const int64_t size : shape) {
    if (size > kMaxTensorBytes / elements) return std::nullopt;
    elements *= size;
  }
  return elements;
}

}  // namespace sconce::load
