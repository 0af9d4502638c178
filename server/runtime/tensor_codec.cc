#include "server/runtime/tensor_codec.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <utility>

#include "server/tensor/strings.h"

namespace sconce {
namespace {

struct TypeRow {
  DataType ours;
  c10::ScalarType torchs;
};

constexpr TypeRow kTypes[] = {
    {DataType::kBool, c10::ScalarType::Bool},
    {DataType::kUint8, c10::ScalarType::Byte},
    {DataType::kUint16, c10::ScalarType::UInt16},
    {DataType::kUint32, c10::ScalarType::UInt32},
    {DataType::kUint64, c10::ScalarType::UInt64},
    {DataType::kInt8, c10::ScalarType::Char},
    {DataType::kInt16, c10::ScalarType::Short},
    {DataType::kInt32, c10::ScalarType::Int},
    {DataType::kInt64, c10::ScalarType::Long},
    {DataType::kFp16, c10::ScalarType::Half},
    {DataType::kFp32, c10::ScalarType::Float},
    {DataType::kFp64, c10::ScalarType::Double},
    {DataType::kBf16, c10::ScalarType::BFloat16},
};

Shape StackedShape(absl::Span<InferTask* const> tasks, size_t index) {
  Shape shape = tasks[0]->inputs[index].shape;
  for (size_t i = 1; i < tasks.size(); ++i) {
    shape[0] += tasks[i]->inputs[index].shape[0];
  }
  return shape;
}

}  // namespace

std::optional<c10::ScalarType> ToScalarType(DataType type) {
  for (const TypeRow& row : kTypes) {
    if (row.ours == type) return row.torchs;
  }
  return std::nullopt;
}

std::optional<DataType> ToDataType(c10::ScalarType type) {
  for (const TypeRow& row : kTypes) {
    if (row.torchs == type) return row.ours;
  }
  return std::nullopt;
}

namespace {

// Whether a run may have the very bytes of the input: nobody needs them
// afterwards, and a state that a model keeps does not hold on to them.
bool MayLend(absl::Span<InferTask* const> tasks, const InputTensor& input) {
  if (tasks.size() != 1 || input.owner == nullptr) return false;
  if (tasks[0]->is_sample || tasks[0]->sequence) return false;
  const auto address =
      reinterpret_cast<uintptr_t>(input.bytes.chunks()[0].data());
  return address % ElementSize(input.type) == 0;
}

class CpuPlacer : public InputPlacer {
 public:
  Place Add(c10::IntArrayRef sizes, c10::ScalarType type) override {
    at::Tensor tensor = at::empty(sizes, at::TensorOptions(type));
    auto* const bytes = static_cast<uint8_t*>(tensor.data_ptr());
    return {std::move(tensor), bytes};
  }
};

at::Tensor Lend(const InputTensor& input) {
  auto* const bytes = const_cast<uint8_t*>(input.bytes.chunks()[0].data());
  return at::from_blob(
      bytes, c10::IntArrayRef(input.shape.data(), input.shape.size()),
      [owner = input.owner](void*) {},
      at::TensorOptions(*ToScalarType(input.type)));
}

}  // namespace

at::Tensor GatherInput(absl::Span<InferTask* const> tasks, size_t index,
                       InputPlacer* placer) {
  const InputTensor& first = tasks[0]->inputs[index];
  if (placer == nullptr && MayLend(tasks, first)) return Lend(first);
  const Shape shape = StackedShape(tasks, index);
  CpuPlacer cpu;
  const InputPlacer::Place place =
      (placer != nullptr ? placer : &cpu)
          ->Add(c10::IntArrayRef(shape.data(), shape.size()),
                *ToScalarType(first.type));
  uint8_t* out = place.bytes;
  for (const InferTask* task : tasks) {
    const ByteChunks& bytes = task->inputs[index].bytes;
    bytes.CopyTo(out);
    out += bytes.size();
  }
  return place.tensor;
}

// Each step costs a dispatch even where it does nothing.
at::Tensor ToDense(at::Tensor tensor) {
  // Lazy views, whose memory does not hold the values yet.
  if (tensor.is_conj()) tensor = tensor.resolve_conj();
  if (tensor.is_neg()) tensor = tensor.resolve_neg();
  return tensor.contiguous();
}

SharedOutput::SharedOutput(std::string name, const at::Tensor& tensor,
                           const std::optional<Shape>& strings)
    : name_(std::move(name)),
      type_(strings ? DataType::kBytes : *ToDataType(tensor.scalar_type())),
      shape_(strings.value_or(
          Shape(tensor.sizes().begin(), tensor.sizes().end()))) {
  tensor_ = std::make_shared<const at::Tensor>(
      ToDense(tensor.is_cpu() ? tensor : tensor.cpu()));
  bytes_ = {static_cast<const uint8_t*>(tensor_->const_data_ptr()),
            tensor_->nbytes()};
}

OutputTensor SharedOutput::All() const {
  return {name_, type_, shape_, bytes_, tensor_};
}

OutputTensor SharedOutput::Rows(int64_t first, int64_t rows) const {
  OutputTensor part = All();
  const size_t begin = OffsetOf(first);
  part.shape[0] = rows;
  part.bytes = bytes_.subspan(begin, OffsetOf(first + rows) - begin);
  return part;
}

size_t SharedOutput::OffsetOf(int64_t row) const {
  if (type_ == DataType::kBytes) return OffsetOfString(bytes_, row);
  if (shape_[0] == 0) return 0;
  return static_cast<size_t>(row) * bytes_.size() /
         static_cast<size_t>(shape_[0]);
}

}  // namespace sconce
