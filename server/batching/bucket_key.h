// BucketKey: what two requests must have in common to share a batch.
#ifndef SERVER_BATCHING_BUCKET_KEY_H_
#define SERVER_BATCHING_BUCKET_KEY_H_

#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"

#include "server/tensor/tensor.h"

namespace sconce {

// The inputs' types and their shapes without dimension 0, one after the other,
// each with its rank in front: equal keys mean that rows can be stacked.
using BucketKey = absl::InlinedVector<int64_t, 12>;

inline BucketKey MakeBucketKey(absl::Span<const InputTensor> inputs) {
  BucketKey key;
  for (const InputTensor& input : inputs) {
    key.push_back(static_cast<int64_t>(input.type));
    key.push_back(static_cast<int64_t>(input.shape.size()));
    for (size_t i = 1; i < input.shape.size(); ++i) {
      key.push_back(input.shape[i]);
    }
  }
  return key;
}

}  // namespace sconce

#endif  // SERVER_BATCHING_BUCKET_KEY_H_
