#include "server/batching/bucket_key.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/string_view.h"

namespace sconce {
namespace {

void AppendBytes(absl::string_view bytes, BucketKey* key) {
  key->push_back(static_cast<int64_t>(bytes.size()));
  while (!bytes.empty()) {
    int64_t word = 0;
    const size_t size = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), size);
    key->push_back(word);
    bytes.remove_prefix(size);
  }
}

BucketKey MakeKey(absl::Span<const InputTensor> inputs, bool with_sizes) {
  BucketKey key;
  for (const InputTensor& input : inputs) {
    key.push_back(static_cast<int64_t>(input.spec));
    // A dict's keys are part of what the model sees; other names are not.
    if (input.key > 0) AppendBytes(input.name, &key);
    key.push_back(static_cast<int64_t>(input.type));
    key.push_back(static_cast<int64_t>(input.shape.size()));
    const size_t first = input.by_value ? 0 : 1;
    if (input.by_value || with_sizes) {
      for (size_t d = first; d < input.shape.size(); ++d) {
        key.push_back(input.shape[d]);
      }
    }
    if (input.by_value) AppendBytes(input.bytes.Join(), &key);
  }
  return key;
}

}  // namespace

BucketKey MakeBucketKey(absl::Span<const InputTensor> inputs) {
  return MakeKey(inputs, /*with_sizes=*/true);
}

BucketKey MakeKindKey(absl::Span<const InputTensor> inputs) {
  return MakeKey(inputs, /*with_sizes=*/false);
}

bool HasRowsToStack(const InferTask& task) {
  return task.stackable &&
         !std::all_of(task.inputs.begin(), task.inputs.end(),
                      [](const InputTensor& input) { return input.by_value; });
}

}  // namespace sconce
