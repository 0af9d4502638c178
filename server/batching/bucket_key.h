// BucketKey: what two requests must have in common to share a batch.
#ifndef SERVER_BATCHING_BUCKET_KEY_H_
#define SERVER_BATCHING_BUCKET_KEY_H_

#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"

#include "server/core/infer_task.h"
#include "server/tensor/tensor.h"

namespace sconce {

// Of each input which one it is, its type and rank; then of a tensor its shape
// without dimension 0, of a value its shape and bytes. Equal keys mean that
// rows can be stacked and that all else is the same.
using BucketKey = absl::InlinedVector<int64_t, 16>;

BucketKey MakeBucketKey(absl::Span<const InputTensor> inputs);

// The same without sizes: of each tensor which input it is, its type and rank;
// of a value its shape and bytes.
BucketKey MakeKindKey(absl::Span<const InputTensor> inputs);

// Whether the request's rows may stand beside others': there is a tensor that
// has rows, and nothing is known against it.
bool HasRowsToStack(const InferTask& task);

}  // namespace sconce

#endif  // SERVER_BATCHING_BUCKET_KEY_H_
