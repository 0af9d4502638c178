#include "server/tensor/golden_example.h"

namespace sconce {

std::string ServedInputName(const std::string& name,
                            const std::vector<std::string>& names,
                            const ModelSignature& signature) {
  if (names.size() != signature.inputs.size()) return name;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return signature.inputs[i].name;
  }
  return name;
}

std::string ServedOutputName(const std::string& name, size_t index,
                             size_t count, const ModelSignature& signature) {
  for (const TensorSpec& output : signature.outputs) {
    if (output.name == name) return name;
  }
  if (signature.outputs.size() == count) return signature.outputs[index].name;
  return name;
}

}  // namespace sconce
