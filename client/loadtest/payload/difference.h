// Where the values of two tensors differ.
#ifndef CLIENT_LOADTEST_PAYLOAD_DIFFERENCE_H_
#define CLIENT_LOADTEST_PAYLOAD_DIFFERENCE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "client/loadtest/payload/tensor.h"

namespace sconce::load {

// In one line, the first element of `found` that is not what `expected` has,
// within `tolerance` * (1 + |expected|) for floating types. `found` are the
// bytes of a tensor of the same type and shape, as its sender says.
std::optional<std::string> FaultOfValues(const Tensor& expected,
                                         absl::string_view found,
                                         double tolerance);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_DIFFERENCE_H_
