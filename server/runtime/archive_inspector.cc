#include "server/runtime/archive_inspector.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/import_read.h>

#include <array>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include "server/runtime/tensor_codec.h"
#include "server/runtime/torch_error.h"

namespace sconce {
namespace {

constexpr char kHowTo[] =
    "; export the model with torch.jit.trace or torch.jit.script and write it "
    "with torch.jit.save";

absl::Status NotTorchScript(const std::string& what) {
  return absl::InvalidArgumentError(what + kHowTo);
}

// The first bytes of the file; nothing when it cannot be read.
std::optional<std::string> ReadHead(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 8> head;
  if (!file) return std::nullopt;
  file.read(head.data(), head.size());
  if (file.bad()) return std::nullopt;
  return std::string(head.data(), static_cast<size_t>(file.gcount()));
}

absl::Status CheckHead(const std::string& path) {
  const std::optional<std::string> head = ReadHead(path);
  if (!head)
    return absl::NotFoundError(
        "the model file cannot be read; expected <model>/<version>/model.pt or "
        "a "
        "file that the server may read");
  if (head->empty()) return NotTorchScript("the model file is empty");
  if (head->starts_with("\x80\x02\x8a")) {
    return NotTorchScript("the file is a pickle of torch.save, no TorchScript");
  }
  if (!head->starts_with("PK\x03\x04")) {
    return NotTorchScript("the file is no TorchScript archive (not a zip)");
  }
  return absl::OkStatus();
}

absl::Status CheckRecords(caffe2::serialize::PyTorchStreamReader* reader) {
  if (reader->hasRecord("constants.pkl")) return absl::OkStatus();
  if (reader->hasRecord("data.pkl")) {
    return NotTorchScript(
        "the file is a state_dict or a pickled module of torch.save, no "
        "TorchScript");
  }
  if (reader->hasRecord("archive_format")) {
    return NotTorchScript(
        "the file is a .pt2 package of torch.export, which is not served yet");
  }
  return NotTorchScript("the file is a zip archive, but no TorchScript");
}

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

absl::Status CheckIsTorchScript(const std::string& path) {
  absl::Status status = CheckHead(path);
  if (!status.ok()) return status;
  const absl::Status read = TorchCall([&] {
    caffe2::serialize::PyTorchStreamReader reader(path);
    status = CheckRecords(&reader);
  });
  if (read.ok()) return status;
  return absl::InvalidArgumentError(
      "the zip archive is damaged or cut short; copy or export it again");
}

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
