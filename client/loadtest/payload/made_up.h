// Inputs that are made up from what a model says it takes.
#ifndef CLIENT_LOADTEST_PAYLOAD_MADE_UP_H_
#define CLIENT_LOADTEST_PAYLOAD_MADE_UP_H_

#include <cstdint>
#include <random>

#include "absl/status/statusor.h"

#include "client/loadtest/payload/entry_spec.h"
#include "client/loadtest/payload/model_description.h"
#include "client/loadtest/payload/tensor.h"

namespace sconce::load {

// The shape of `input` with its open sizes filled: by the entry's shape for it,
// the first by the entry's batch, others by 1. INVALID_ARGUMENT when the shape
// that was given does not fit, or when the server does not tell enough.
absl::StatusOr<Shape> FilledShape(const TensorDescription& input,
                                  const EntrySpec& entry);

// Values in a range that few models mind: floats in [0, 1), integers from 0 to
// 9, short words, true and false. The same for the same state of `random`.
// INVALID_ARGUMENT when they would not fit one message.
absl::StatusOr<Tensor> MakeUp(DataType type, const Shape& shape,
                              std::mt19937_64* random);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_MADE_UP_H_
