// Batch: the requests that one execution of a model answers.
#ifndef SERVER_BATCHING_BATCH_H_
#define SERVER_BATCHING_BATCH_H_

#include <cstdint>
#include <vector>

#include "server/base/clock.h"
#include "server/core/infer_task.h"

namespace sconce {

// All tasks have inputs of the same count, types and row shapes. Closed when
// it is made: nothing is added later. One thread at a time.
struct Batch {
  std::vector<InferTask*> tasks;
  int64_t rows = 0;  // of all tasks together
};

// Runs batches of one model.
class BatchExecutor {
 public:
  virtual ~BatchExecutor() = default;

  // Runs `batch` on the calling thread and finishes each of its tasks exactly
  // once. Returns how long it took without the sending of the answers. Called
  // from several threads at the same time.
  virtual MonoDuration Execute(const Batch& batch) = 0;
};

}  // namespace sconce

#endif  // SERVER_BATCHING_BATCH_H_
