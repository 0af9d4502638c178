#include "server/runtime/module_bytes.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include "absl/container/flat_hash_set.h"

#include "server/runtime/module_graphs.h"

namespace sconce {
namespace {

class Bytes {
 public:
  void Add(const c10::IValue& value) {
    value.visit([this](const c10::IValue& part) {
      if (part.isTensor()) AddTensor(part.toTensor());
      return false;  // go on inside it
    });
  }

  int64_t sum() const { return sum_; }

 private:
  void AddTensor(const at::Tensor& tensor) {
    if (!tensor.defined()) return;
    if (tensor.has_storage()) {
      const c10::Storage& storage = tensor.storage();
      if (seen_.insert(storage.unsafeGetStorageImpl()).second) {
        sum_ += static_cast<int64_t>(storage.nbytes());
      }
    } else if (seen_.insert(tensor.unsafeGetTensorImpl()).second) {
      // Weights in oneDNN's layout.
      sum_ += tensor.numel() * static_cast<int64_t>(tensor.itemsize());
    }
  }

  absl::flat_hash_set<const void*> seen_;
  int64_t sum_ = 0;
};

}  // namespace

int64_t ModuleBytes(const torch::jit::Module& module) {
  Bytes bytes;
  for (const at::Tensor& tensor : module.parameters()) bytes.Add(tensor);
  for (const at::Tensor& tensor : module.buffers()) bytes.Add(tensor);
  for (const auto& attribute : module.attributes()) {
    if (!attribute.isModule() && !attribute.isObject()) bytes.Add(attribute);
  }
  for (const torch::jit::Node* node : AllNodes(module)) {
    if (node->kind() != c10::prim::Constant) continue;
    if (const auto value = torch::jit::toIValue(node->output())) {
      bytes.Add(*value);
    }
  }
  return bytes.sum();
}

}  // namespace sconce
