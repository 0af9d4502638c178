// PaddingRules: which dimensions of a model's inputs may be made longer, so
// that requests of different lengths share batches.
#ifndef SERVER_TENSOR_PADDING_H_
#define SERVER_TENSOR_PADDING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sconce {

// A dimension of an input or output.
struct TensorDimension {
  std::string tensor;
  size_t dimension = 0;
};

// One length that inputs have in common, and what follows from it.
struct PaddingRule {
  std::vector<TensorDimension> inputs;
  std::vector<TensorDimension> outputs;  // that have the length, too
  std::vector<int64_t> sizes;            // that it is padded to; ascending
  double value = 0;                      // what is added
};

struct PaddingRules {
  std::vector<PaddingRule> rules;  // none: nothing is padded
  // Inputs that tell the model what is padding: a request without one of them
  // is not padded.
  std::vector<std::string> needed;
};

}  // namespace sconce

#endif  // SERVER_TENSOR_PADDING_H_
