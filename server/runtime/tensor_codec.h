// Between wire tensors and LibTorch tensors.
#ifndef SERVER_RUNTIME_TENSOR_CODEC_H_
#define SERVER_RUNTIME_TENSOR_CODEC_H_

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/types/span.h"

#include "server/core/infer_task.h"
#include "server/runtime/input_placer.h"
#include "server/tensor/tensor.h"

namespace sconce {

// Nothing for kBytes, which no tensor holds.
std::optional<c10::ScalarType> ToScalarType(DataType type);

// Nothing for types the protocol lacks (complex, quantized, float8).
std::optional<DataType> ToDataType(c10::ScalarType type);

// Copies input `index` of all tasks, one under the other, into one new tensor
// where `placer` says, without one on the CPU; the only copy that input bytes
// take. On the CPU that of a single task with an owner is not copied where its
// elements are aligned, unless it is a sample or part of a sequence. A single
// task's shape is kept, whatever its rank. Throws as LibTorch does when memory
// is short. REQUIRES: the tasks share a bucket.
at::Tensor GatherInput(absl::Span<InferTask* const> tasks, size_t index,
                       InputPlacer* placer = nullptr);

// The values of `tensor` as plain memory of its device. Throws as LibTorch
// does.
at::Tensor ToDense(at::Tensor tensor);

// A contiguous CPU tensor that responses refer to instead of copying it.
class SharedOutput {
 public:
  // Copies only when `tensor` is not contiguous or not on the CPU. With
  // `strings`, their shape, its bytes are a BYTES tensor's.
  // REQUIRES: ToDataType(tensor.scalar_type()).
  SharedOutput(std::string name, const at::Tensor& tensor,
               const std::optional<Shape>& strings = {});

  const std::string& name() const { return name_; }
  absl::Span<const int64_t> shape() const { return shape_; }
  DataType type() const { return type_; }

  // The tensor, or `rows` rows of it from `first` on, without a copy. Strings
  // are found by walking over those before them.
  OutputTensor All() const;
  OutputTensor Rows(int64_t first, int64_t rows) const;

 private:
  // Bytes of the rows before `row`.
  size_t OffsetOf(int64_t row) const;

  std::string name_;
  DataType type_;
  Shape shape_;
  absl::Span<const uint8_t> bytes_;
  std::shared_ptr<const at::Tensor> tensor_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_TENSOR_CODEC_H_
