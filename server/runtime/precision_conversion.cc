#include "server/runtime/precision_conversion.h"

#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "server/runtime/module_graphs.h"
#include "server/runtime/precision_policy.h"
#include "server/runtime/value_tensors.h"

namespace sconce {
namespace {

using torch::jit::Module;
using torch::jit::Node;

constexpr int64_t kImageDimensions = 4;

class Converter {
 public:
  explicit Converter(const PrecisionSettings& settings)
      : channels_last_(settings.memory_format == MemoryFormat::kChannelsLast) {
    if (!IsAutocast(settings.precision)) type_ = NarrowType(settings.precision);
  }

  bool DoesNothing() const { return !type_ && !channels_last_; }

  void ConvertAttributes(const Module& module) {
    for (const Module& part : module.modules()) {
      const auto object = part._ivalue();
      for (size_t i = 0; i < object->slots().size(); ++i) {
        const c10::IValue& value = object->getSlot(i);
        if (!value.isObject()) object->setSlot(i, ConvertValue(value));
      }
    }
  }

  void ConvertConstant(Node* node) {
    namespace attr = c10::attr;
    if (!node->hasAttribute(attr::value)) return;
    if (node->kindOf(attr::value) == torch::jit::AttributeKind::t) {
      const at::Tensor tensor = node->t(attr::value);
      const at::Tensor converted = ConvertTensor(tensor);
      if (converted.is_same(tensor)) return;
      node->t_(attr::value, converted);
      // Else it names the old type.
      node->output()->setType(c10::TensorType::get());
    } else if (node->kindOf(attr::value) == torch::jit::AttributeKind::ival) {
      node->ival_(attr::value, ConvertValue(node->ival(attr::value)));
    }
  }

 private:
  // Where a tensor lies, and how.
  using Place = std::tuple<const void*, int64_t, std::vector<int64_t>,
                           std::vector<int64_t>, c10::ScalarType>;

  // A container that is reached by two paths is one thing.
  c10::IValue ConvertValue(const c10::IValue& value) {
    if (value.isTensor()) {
      return value.toTensor().defined() ? ConvertTensor(value.toTensor())
                                        : value;
    }
    if (!value.isPtrType()) return value;
    const auto found = containers_.find(value);
    if (found != containers_.end()) return found->second;
    c10::IValue converted = MapTensors(
        value, [this](const at::Tensor& t) { return ConvertTensor(t); });
    containers_.emplace(value, converted);
    return converted;
  }

  at::Tensor ConvertTensor(const at::Tensor& tensor) {
    if (tensor.layout() != at::kStrided || !tensor.has_storage() ||
        tensor.is_quantized()) {
      return tensor;
    }
    const Place place = {tensor.storage().unsafeGetStorageImpl(),
                         tensor.storage_offset(), tensor.sizes().vec(),
                         tensor.strides().vec(), tensor.scalar_type()};
    const auto found = tensors_.find(place);
    if (found != tensors_.end()) return found->second.second;
    at::Tensor converted = tensor;
    if (type_ && tensor.is_floating_point() && tensor.dim() > 0) {
      converted = converted.to(*type_);
    }
    if (channels_last_ && tensor.dim() == kImageDimensions) {
      converted = converted.contiguous(at::MemoryFormat::ChannelsLast);
    }
    // The old one too, so that nothing else comes to lie where it lay.
    tensors_.emplace(place, std::make_pair(tensor, converted));
    return converted;
  }

  std::optional<c10::ScalarType> type_;
  const bool channels_last_;
  std::map<Place, std::pair<at::Tensor, at::Tensor>> tensors_;
  c10::IValue::HashIdentityIValueMap containers_;
};

// aten::_convolution(…, bool allow_tf32), which only traces call.
void SetTf32(Node* node, bool allow) {
  constexpr size_t kArguments = 13;
  if (node->kind() != c10::Symbol::fromQualString("aten::_convolution") ||
      node->inputs().size() != kArguments) {
    return;
  }
  torch::jit::WithInsertPoint before(node);
  node->replaceInput(kArguments - 1,
                     node->owningGraph()->insertConstant(allow));
}

}  // namespace

c10::ScalarType WeightsType(const Module& module) {
  std::map<c10::ScalarType, int64_t> elements;
  for (const at::Tensor& tensor : module.parameters()) {
    if (tensor.is_floating_point()) {
      elements[tensor.scalar_type()] += tensor.numel();
    }
  }
  c10::ScalarType most = c10::ScalarType::Float;
  int64_t count = 0;
  for (const auto& [type, n] : elements) {
    if (n > count) most = type;
    count = std::max(count, n);
  }
  return most;
}

void ConvertModule(const Module& module, const PrecisionSettings& settings) {
  const c10::NoGradGuard no_grad;
  const bool tf32 = settings.precision == Precision::kTf32;
  Converter converter(settings);
  for (Node* node : AllNodes(module)) {
    SetTf32(node, tf32);
    if (!converter.DoesNothing() && node->kind() == c10::prim::Constant) {
      converter.ConvertConstant(node);
    }
  }
  if (!converter.DoesNothing()) converter.ConvertAttributes(module);
}

}  // namespace sconce
