// Arguments: how the inputs of requests become a method's arguments.
#ifndef SERVER_RUNTIME_ARGUMENTS_H_
#define SERVER_RUNTIME_ARGUMENTS_H_

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "server/core/infer_task.h"
#include "server/runtime/input_placer.h"
#include "server/tensor/signature.h"

namespace sconce {

// The rules of doc/values.md for one schema. Immutable, thread-safe.
class Arguments {
 public:
  // UNIMPLEMENTED names the argument whose type no input can carry.
  static absl::StatusOr<Arguments> Create(const c10::FunctionSchema& schema);

  // One per input, in the order of the arguments.
  const std::vector<TensorSpec>& inputs() const { return inputs_; }

  // Appends the arguments without self: tensors of all tasks stacked, as
  // GatherInput() does, values of the first. INVALID_ARGUMENT for a tuple that
  // is sent in part. Throws as LibTorch does. REQUIRES: the tasks share a
  // bucket and were checked against inputs(), maybe under other names.
  absl::Status Append(absl::Span<InferTask* const> tasks, InputPlacer* placer,
                      torch::jit::Stack* stack) const;

  // The same from one tensor per input. REQUIRES: every input is a tensor.
  void AppendTensors(absl::Span<const at::Tensor> tensors,
                     torch::jit::Stack* stack) const;

 private:
  // One argument, or an element of a tuple.
  struct Node {
    ValueKind kind = ValueKind::kTensor;
    size_t input = 0;            // index in inputs_; of a tuple, the first
    size_t end = 0;              // one past the last
    std::vector<Node> elements;  // of a tuple
    c10::TypePtr tuple;          // null unless a tuple
    c10::IValue absent;          // stands in for an input that is left out
    bool may_be_absent = false;  // has a default, or is Optional
  };
  class Reader;

  absl::StatusOr<Node> MakeNode(const std::string& name,
                                const c10::TypePtr& type);
  absl::StatusOr<Node> MakeTuple(const std::string& name,
                                 const c10::TupleTypePtr& type);

  std::vector<Node> nodes_;  // one per argument
  std::vector<TensorSpec> inputs_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARGUMENTS_H_
