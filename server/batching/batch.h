// Batch: the requests that one execution of a model answers.
#ifndef SERVER_BATCHING_BATCH_H_
#define SERVER_BATCHING_BATCH_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "server/base/clock.h"
#include "server/core/infer_task.h"

namespace sconce {

// What a stateful model remembers between the requests of one sequence. Only
// its executor knows what is in it.
class ModelState {
 public:
  virtual ~ModelState() = default;
};

// All tasks have inputs of the same count, types and row shapes. Closed when
// it is made: nothing is added later. One thread at a time.
struct Batch {
  std::vector<InferTask*> tasks;
  int64_t rows = 0;  // of all tasks together
  // Of the sequence that the one task belongs to; null without a sequence. The
  // executor replaces what it points to when the run was good. Nothing there:
  // the state that the model was loaded with.
  std::unique_ptr<ModelState>* state = nullptr;
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
