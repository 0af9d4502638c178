// ModelSignature: what a model takes and gives, as far as it is known.
#ifndef SERVER_TENSOR_SIGNATURE_H_
#define SERVER_TENSOR_SIGNATURE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "server/tensor/tensor.h"
#include "server/tensor/value_kind.h"

namespace sconce {

// Where a fact about a tensor comes from. Declared facts are enforced;
// observed ones only describe: a model that was first called with FP32 may
// well take FP64 too.
enum class FactOrigin { kDeclared, kObserved };

// One input or output. Absent facts are unknown.
struct TensorSpec {
  std::string name;
  std::optional<DataType> type;
  FactOrigin type_origin = FactOrigin::kObserved;
  std::optional<Shape> shape;  // with the batch dimension, if there is one
  FactOrigin shape_origin = FactOrigin::kObserved;
  bool optional = false;                // may be left out
  ValueKind kind = ValueKind::kTensor;  // of an input
};

// What a client may write for `spec`: its name, for elements of lists and
// dicts of tensors a pattern such as "xs.<index>".
std::string InputPattern(const TensorSpec& spec);

struct ModelSignature {
  std::vector<TensorSpec> inputs;   // in the order of the model's arguments
  std::vector<TensorSpec> outputs;  // empty while unknown
  // What clients know the outputs by, where that is not what the model calls
  // them; used when a call has as many outputs.
  std::vector<std::string> output_names;
  // How clients put the outputs together, in the JSON of
  // models/doc/metadata.md; empty where it is not declared.
  std::string output_structure;
  // 0: requests are not batched. Else dimension 0 of every tensor counts
  // rows, and one execution takes at most this many.
  int64_t max_batch_size = 0;
};

// Checks `inputs` against `signature`, brings them into its order and fills in
// what each belongs to. Of `parameters`, one-element tensors made from the
// request's parameters, those that name an absent scalar are added; others are
// somebody else's. INVALID_ARGUMENT names the input, what was expected and
// what was found. `model` is the name to use in messages.
absl::Status CheckInputs(const ModelSignature& signature,
                         absl::string_view model,
                         std::vector<InputTensor>* inputs,
                         absl::Span<const InputTensor> parameters = {});

// Rows the request adds to a batch: dimension 0 of its tensors, or 1 for a
// model that does not batch. INVALID_ARGUMENT when the inputs disagree or
// hold more rows than fit one execution.
absl::StatusOr<int64_t> CountRows(const ModelSignature& signature,
                                  absl::string_view model,
                                  absl::Span<const InputTensor> inputs);

// Rows that a request would add to a batch of a model that declares none:
// dimension 0 of all its tensors; nothing when they disagree, have no rows or
// no dimension, or when there is none.
std::optional<int64_t> CommonRows(absl::Span<const InputTensor> inputs);

}  // namespace sconce

#endif  // SERVER_TENSOR_SIGNATURE_H_
