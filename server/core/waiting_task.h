// WaitingTask: a request that the server makes itself and waits for.
#ifndef SERVER_CORE_WAITING_TASK_H_
#define SERVER_CORE_WAITING_TASK_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "server/base/notification.h"
#include "server/core/infer_task.h"
#include "server/core/servable.h"

namespace sconce {

// Takes the ordinary path; warm-up and golden examples are such. One thread.
class WaitingTask : public InferTask {
 public:
  using Outputs = std::vector<OutputTensor>;

  bool IsCancelled() const override { return false; }

  void Finish(absl::StatusOr<Outputs> outputs) override {
    outputs_ = std::move(outputs);
    done_.Notify();
  }

  // Adds an input of `bytes`, which are kept.
  void AddInput(const std::string& name, DataType type, const Shape& shape,
                std::vector<uint8_t> bytes) {
    storage_.push_back(std::move(bytes));
    inputs.push_back(
        {name, type, shape, ByteChunks(absl::MakeConstSpan(storage_.back()))});
  }

  // Schedules the task and blocks until it is answered. Call once.
  absl::StatusOr<Outputs> Run(Servable* servable) {
    Start(servable);
    return Wait();
  }

  // The same in two steps, for several tasks at a time.
  void Start(Servable* servable) {
    trace.received = Clock::Real()->Now();
    const absl::Status scheduled = servable->Schedule(this);
    if (!scheduled.ok()) Finish(scheduled);
  }
  absl::StatusOr<Outputs> Wait() {
    done_.Wait();
    return std::move(outputs_);
  }

 private:
  std::vector<std::vector<uint8_t>> storage_;
  absl::StatusOr<Outputs> outputs_ = Outputs();
  Notification done_;
};

}  // namespace sconce

#endif  // SERVER_CORE_WAITING_TASK_H_
