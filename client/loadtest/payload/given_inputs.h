// The inputs that an entry of the mix gives.
#ifndef CLIENT_LOADTEST_PAYLOAD_GIVEN_INPUTS_H_
#define CLIENT_LOADTEST_PAYLOAD_GIVEN_INPUTS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "client/loadtest/payload/entry_spec.h"
#include "client/loadtest/payload/model_description.h"
#include "client/loadtest/payload/tensor.h"

namespace sconce::load {

// Whether a tensor called `name` is the one that `told` describes. A server
// describes the elements of a list as "xs.<index>", of a dict as "xs.<key>".
bool IsCalled(const TensorDescription& told, absl::string_view name);

// Whether `tensor` has the type and shape of `told`, as far as these are known:
// INVALID_ARGUMENT has both. An empty shape that is told says nothing.
absl::Status CheckFits(const TensorDescription& told, const Tensor& tensor);

// Reads the entry's files and values. INVALID_ARGUMENT when the model takes no
// such input, or not so; NOT_FOUND for a file. Each error names the input or
// the file.
absl::StatusOr<TensorsByName> ReadInputs(const EntrySpec& entry,
                                         const ModelDescription& model);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_GIVEN_INPUTS_H_
