#include "server/runtime/archive_inspector.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/import_read.h>

#include <optional>
#include <utility>

#include "server/runtime/tensor_codec.h"
#include "server/runtime/torch_error.h"

namespace sconce {
namespace {

// An example as long as it is a tensor the protocol can carry.
std::optional<TracedInput> ToTracedInput(const c10::IValue& value) {
  if (!value.isTensor()) return std::nullopt;
  const at::Tensor& tensor = value.toTensor();
  const std::optional<DataType> type = ToDataType(tensor.scalar_type());
  if (!type) return std::nullopt;
  return TracedInput{*type,
                     Shape(tensor.sizes().begin(), tensor.sizes().end())};
}

c10::IValue ReadExamples(caffe2::serialize::PyTorchStreamReader* reader) {
  // The tensors' records are empty; on the meta device nothing refers to
  // their missing bytes.
  return torch::jit::readArchiveAndTensors("traced_inputs", "", "",
                                           std::nullopt, std::nullopt,
                                           at::Device(at::kMeta), *reader);
}

std::vector<TracedInput> ForwardExamples(const c10::IValue& by_method) {
  std::vector<TracedInput> inputs;
  for (const auto& entry : by_method.toGenericDict()) {
    if (entry.key().toStringRef() != "forward") continue;
    for (const c10::IValue& value : entry.value().toList().vec()) {
      std::optional<TracedInput> input = ToTracedInput(value);
      if (!input) return {};
      inputs.push_back(*std::move(input));
    }
  }
  return inputs;
}

}  // namespace

std::vector<TracedInput> ReadTracedInputs(const std::string& path) {
  std::vector<TracedInput> inputs;
  const absl::Status read = TorchCall([&] {
    caffe2::serialize::PyTorchStreamReader reader(path);
    if (!reader.hasRecord("traced_inputs.pkl")) return;
    inputs = ForwardExamples(ReadExamples(&reader));
  });
  // An archive without readable examples is served all the same.
  if (!read.ok()) inputs.clear();
  return inputs;
}

}  // namespace sconce
