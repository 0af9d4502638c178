// GoldenExample: what a model has to answer to some request.
#ifndef SERVER_TENSOR_GOLDEN_EXAMPLE_H_
#define SERVER_TENSOR_GOLDEN_EXAMPLE_H_

#include <map>
#include <string>
#include <vector>

#include "server/tensor/data_type.h"
#include "server/tensor/shape.h"
#include "server/tensor/signature.h"

namespace sconce {

// A tensor, or a scalar as a tensor of one element.
struct GoldenTensor {
  std::string name;
  DataType type = DataType::kFp32;
  Shape shape;
  std::string bytes;  // row-major, little-endian
};

// What eager PyTorch answered to some inputs when the model was exported.
struct GoldenExample {
  std::string name;
  std::string method;
  std::vector<GoldenTensor> inputs;
  std::vector<GoldenTensor> outputs;
};

// |answer - expected| <= absolute + relative * |expected|
struct Tolerance {
  double relative = 0;
  double absolute = 0;
};

// All examples of an archive.
struct GoldenExamples {
  std::vector<GoldenExample> examples;
  // By method: what the archive calls the inputs, in the order of the model's
  // arguments.
  std::map<std::string, std::vector<std::string>> inputs;
  std::map<DataType, Tolerance> tolerances;
  // Whether the outputs are what the model has to answer; false: the export
  // allowed differences from eager PyTorch.
  bool are_right = true;
};

// What clients call the input that the archive calls `name`: a config file may
// have other names, in the same order. `names`: see GoldenExamples::inputs.
std::string ServedInputName(const std::string& name,
                            const std::vector<std::string>& names,
                            const ModelSignature& signature);

// The same for the output at `index` of `count`, `name` in the archive.
std::string ServedOutputName(const std::string& name, size_t index,
                             size_t count, const ModelSignature& signature);

}  // namespace sconce

#endif  // SERVER_TENSOR_GOLDEN_EXAMPLE_H_
