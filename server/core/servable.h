// Servable: one loaded version of a model.
#ifndef SERVER_CORE_SERVABLE_H_
#define SERVER_CORE_SERVABLE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/base/clock.h"
#include "server/core/batching_verdict.h"
#include "server/core/infer_task.h"
#include "server/core/servable_config.h"
#include "server/core/servable_id.h"
#include "server/telemetry/servable_telemetry.h"
#include "server/tensor/signature.h"

namespace sconce {

// What a servable does at this instant.
struct ServableActivity {
  int64_t memory_bytes = 0;  // of parameters, buffers and constants
  int64_t queued = 0;        // requests that wait
  int64_t sequences = 0;     // that live, of a stateful model
  // What an execution of so many rows is expected to take, by rows; empty until
  // one was measured.
  std::map<int64_t, MonoDuration> latencies;
};

// Made by a Loader, reached through a ServableHandle. Thread-safe.
class Servable {
 public:
  virtual ~Servable() = default;

  virtual const ServableId& id() const = 0;
  virtual const ServableConfig& config() const = 0;

  // The methods that clients can call; no empty name.
  virtual std::vector<std::string> methods() const = 0;

  // What is known of the inputs and outputs of `method` now, "" being forward;
  // good requests may add to it. NOT_FOUND names the methods there are.
  virtual absl::StatusOr<std::shared_ptr<const ModelSignature>> signature(
      absl::string_view method) const = 0;

  // Whether requests of `method` share batches, and why not.
  virtual BatchingVerdict batching(absl::string_view method) const = 0;

  // Queues `task`; never blocks. When OK is returned, task->Finish() is
  // called exactly once, later or already. Else the task is untouched and
  // still the caller's:
  //   NOT_FOUND           no such method
  //   INVALID_ARGUMENT    inputs do not fit the signature
  //   RESOURCE_EXHAUSTED  the queue is full
  virtual absl::Status Schedule(InferTask* task) = 0;

  virtual ServableActivity activity() const { return {}; }

  // Whether a request can go on with the sequence here.
  virtual bool HasSequence(const SequencePlace& /*place*/) const {
    return false;
  }
  // It was begun anew elsewhere: what is queued of it is its end.
  virtual void EndSequence(const SequencePlace& /*place*/) {}

  virtual ServableTelemetry* telemetry() = 0;
};

}  // namespace sconce

#endif  // SERVER_CORE_SERVABLE_H_
