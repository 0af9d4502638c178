// InferTask: one inference request inside the server.
#ifndef SERVER_CORE_INFER_TASK_H_
#define SERVER_CORE_INFER_TASK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/base/clock.h"
#include "server/core/sequence_place.h"
#include "server/telemetry/request_trace.h"
#include "server/tensor/tensor.h"

namespace sconce {

// What a request asks and how it is answered. An InferTask belongs to whoever
// made it; once a servable accepted it, the task stays alive until Finish()
// was called, which happens exactly once, on any thread. In between one
// thread at a time touches it, except for IsCancelled().
class InferTask {
 public:
  virtual ~InferTask() = default;

  // Whether nobody waits for the answer any more. Thread-safe.
  virtual bool IsCancelled() const = 0;

  // Takes the answer: the requested outputs in order, or why there are none.
  // Must not block. The task may be gone when it returns.
  virtual void Finish(absl::StatusOr<std::vector<OutputTensor>> outputs) = 0;

  // Set by the maker of the task.
  std::string method;                   // empty: forward
  std::vector<InputTensor> inputs;      // any order
  std::vector<InputTensor> parameters;  // one element each; see values.md
  std::vector<std::string> requested_outputs;  // empty: all
  std::optional<SequencePlace> sequence;       // nothing: a request of its own
  MonoTime deadline = kNoDeadline;
  int64_t priority = 0;  // 1 goes first; 0: as the model's config says
  RequestTrace trace;

  // Set by the servable when it accepts the task; inputs are then in the
  // order of the signature.
  int64_t rows = 1;
  bool stackable = true;   // whether its rows may share a batch
  bool is_sample = false;  // whether a good answer makes it an example

  // The scheduler's.
  int64_t queued_weight = 0;
  int64_t queue_order = 0;
};

}  // namespace sconce

#endif  // SERVER_CORE_INFER_TASK_H_
